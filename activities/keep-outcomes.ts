/** The activity `keepOutcomes`: writes outcomes down that a job holds itself and has no room for. */
import { Context } from '@temporalio/activity';
import { toBody } from '../src/blobs/elements';
import { toLine } from '../src/blobs/entries';
import type { Activities } from './contract';
import { isLarge, putOutput } from './outcome-blobs';
import { putter, type BlobPlace } from './put-blobs';

/** Makes the activity; without a place for blobs it answers null. */
export function createKeepOutcomes(place: BlobPlace): Activities['keepOutcomes'] {
  return async ({ jobId, outcomes, elementsOf }) => {
    const put = putter(place, Context.current(), jobId);
    if (put === undefined) return null;
    const kept = await Promise.all(
      outcomes.map(async (outcome, position) => {
        if (!('result' in outcome)) return outcome;
        const text = JSON.stringify(outcome.result);
        return isLarge(text) ? await putOutput(text, position, elementsOf, put) : outcome;
      }),
    );
    const [single] = kept;
    if (elementsOf !== undefined && single !== undefined) return { outcome: single };
    return { blob: await put('kept', toBody(kept.map(toLine))) };
  };
}
