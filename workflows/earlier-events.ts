import { sleep } from '@temporalio/workflow';
import { LATEST_WINS, nextStep } from '../src/domain/delivery';
import type { DeliverWebhookInput } from '../src/domain/delivery-input';
import { attemptPriority, sendAttempt } from './send-attempt';

/** How long the events that a job left behind get all the attempts of their class. */
const RETRIED_MS = 60_000;
/** What the terminal event waits for the events before it at the most. */
const EARLIER_MS = 5 * 60_000;

/**
 * Sends what the job left behind, in order, each with the attempts that it has left. After a minute each later one gets a
 * single attempt, and after five the rest is dropped: it is the terminal event that must arrive, and it would only wait
 * longer behind a receiver that is down.
 *
 * @returns `gone` where the receiver wants no more progress
 */
export async function sendEarlier(input: DeliverWebhookInput): Promise<'reachable' | 'gone'> {
  const begunAt = Date.now();
  let failing = false;
  // A delivery of an earlier version goes on by its own rule: no retry once the receiver has failed one for good.
  const isRetried = (): boolean => (input.hasMemo === true ? Date.now() < begunAt + RETRIED_MS : !failing);
  for (const { attempts = 0, notBefore = 0, ...outgoing } of input.earlier) {
    if (Date.now() >= begunAt + EARLIER_MS) break;
    if (notBefore > Date.now()) await sleep(notBefore - Date.now());
    for (let number = attempts + 1; ; number++) {
      const outcome = await sendAttempt(
        { ...outgoing, url: input.url, kind: input.kind, attempt: number, deadlineMs: input.progressTimeoutMs },
        { taskQueue: input.taskQueue, priorityKey: attemptPriority(number) },
      );
      const step = nextStep(outcome, number, LATEST_WINS, Math.random());
      if (step.kind === 'dead' && step.reason === 'gone') return 'gone';
      failing ||= step.kind === 'dead';
      if (step.kind !== 'retry' || !isRetried()) break;
      await sleep(step.delayMs);
    }
  }
  return 'reachable';
}
