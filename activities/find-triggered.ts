/** The activity `findTriggered`: what runs when a job of a pipeline has completed (DESIGN.md, «Triggers»). */
import type { StoredPipelines } from '../src/domain/stored-start';
import type { Activities } from './contract';

/** Makes the activity; without stored pipelines nothing is ever triggered. */
export function createFindTriggered(
  stored: Pick<StoredPipelines, 'triggeredBy'> | undefined,
): Activities['findTriggered'] {
  return async (pipelineName) => (await stored?.triggeredBy(pipelineName)) ?? [];
}
