/** The activity `keepOutcomes`: writes down what a job has no room for, outcomes or the names of too many blobs. */
import { Context } from '@temporalio/activity';
import { toBody, type PutBlob } from '../src/blobs/elements';
import { gatherLines, toLine } from '../src/blobs/entries';
import type { HeldOutcomes, KeptOutcomes } from '../src/domain/keep';
import type { Activities } from './contract';
import { isLarge, putOutput } from './outcome-blobs';
import { putter, type BlobPlace } from './put-blobs';

/** Makes the activity; without a place for blobs it answers null. */
export function createKeepOutcomes(place: BlobPlace): Activities['keepOutcomes'] {
  return async (input) => {
    const put = putter(place, Context.current(), input.jobId);
    if (put === undefined || place.blobs === undefined) return null;
    if (!('runs' in input)) return await keepHeld(input, put);
    return { blob: await put('joined', toBody(await gatherLines(place.blobs.store, input.runs))) };
  };
}

async function keepHeld({ outcomes, elementsOf }: HeldOutcomes, put: PutBlob): Promise<KeptOutcomes> {
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
}
