/** Which jobs have ended, by the server's own word: for whoever counts those that run. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { mapAtOnce } from './at-once';

/** How many are looked at together. */
const AT_ONCE = 20;
/** A workflow's task waits for it. */
const LOOK_MS = 2_000;

export interface EndedJobs {
  readonly ended: readonly string[];
  /** There is no workflow of that id. */
  readonly missing: readonly string[];
  /** How many were looked at, from the first on. */
  readonly looked: number;
}

/** @throws ServiceError of the SDK where the server does not answer */
export async function findEnded(client: Client, jobIds: readonly string[]): Promise<EndedJobs> {
  const until = Date.now() + LOOK_MS;
  const ended: string[] = [];
  const missing: string[] = [];
  let looked = 0;
  for (; looked < jobIds.length && Date.now() < until; looked += AT_ONCE) {
    const some = jobIds.slice(looked, looked + AT_ONCE);
    const states = await client.connection.withDeadline(until + LOOK_MS, () =>
      mapAtOnce(some, AT_ONCE, (jobId) => stateOf(client, jobId)),
    );
    states.forEach((state, index) => {
      if (state !== 'open') (state === 'ended' ? ended : missing).push(some[index] ?? '');
    });
  }
  return { ended, missing, looked: Math.min(looked, jobIds.length) };
}

async function stateOf(client: Client, jobId: string): Promise<'open' | 'ended' | 'missing'> {
  try {
    const { status } = await client.workflow.getHandle(jobId).describe();
    return status.name === 'RUNNING' || status.name === 'PAUSED' ? 'open' : 'ended';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'missing';
    throw error;
  }
}
