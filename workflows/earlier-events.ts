import { sleep } from '@temporalio/workflow';
import { LATEST_WINS, leftoverBudget, nextStep } from '../src/domain/delivery';
import type { DeliverWebhookInput } from '../src/domain/delivery-input';
import { attemptPriority, sendAttempt } from './send-attempt';

/**
 * Sends what the job left behind, in order, each with the attempts that it has left, within the bound of `leftoverBudget`.
 *
 * @returns `gone` where the receiver wants no more progress
 */
export async function sendEarlier(input: DeliverWebhookInput): Promise<'reachable' | 'gone'> {
  const begunAt = Date.now();
  let failing = false;
  // A delivery of an earlier version goes on by its own rule: no retry once the receiver has failed one for good.
  const isRetried = (): boolean => (input.hasMemo === true ? leftoverBudget(Date.now() - begunAt) === 'all' : !failing);
  for (const { attempts = 0, notBefore = 0, ...outgoing } of input.earlier) {
    if (leftoverBudget(Date.now() - begunAt) === 'none') break;
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
