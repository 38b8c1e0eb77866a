/** Starts the stored pipelines that a job has triggered, and outlives it (DESIGN.md, «Triggers»). */
import { ApplicationFailure, log, proxyLocalActivities, rootCause } from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { splitByChain, type TriggerInput } from '../src/domain/stored-start';

/**
 * Local, so that no algorithm can take their slots. A store that is away is waited for, however long it takes; the longest
 * interval bounds the history.
 */
const { findTriggered, startStored } = proxyLocalActivities<Activities>({
  // As long as reading and writing a large result may take.
  startToCloseTimeout: '5 minutes',
  retry: { maximumInterval: '10 minutes' },
  localRetryThreshold: '5s',
});

/** Each may have the parent's whole result in hand. */
const AT_ONCE = 4;

/**
 * Starts each of them once. What is refused keeps none of the others back.
 *
 * @returns the job ids by the names of their pipelines
 * @throws ApplicationFailure of type `NotTriggered` that tells which were not started, and why
 */
export async function triggerPipelines({ parent, firstRunId }: TriggerInput): Promise<Record<string, string>> {
  const { free, cyclic } = splitByChain(await findTriggered(parent.chain.at(-1) ?? ''), parent.chain);
  const started: Record<string, string> = {};
  const refused = cyclic.map((name) => `${name}: it has led to this job itself (${parent.chain.join(', ')})`);
  const waiting = [...free];
  const startNext = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      try {
        started[name] = await startStored({ name, key: `triggers/${firstRunId}`, kind: 'trigger', parent });
      } catch (error) {
        refused.push(`${name}: ${rootCause(error) ?? 'unknown failure'}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, startNext));
  if (refused.length === 0) return started;
  log.warn('some of the pipelines that a job has triggered were not started', { jobId: parent.jobId, refused });
  throw ApplicationFailure.create({
    message: `not started: ${refused.join('; ')}`.slice(0, 4_000),
    type: 'NotTriggered',
    nonRetryable: true,
    details: [{ started, refused }],
  });
}
