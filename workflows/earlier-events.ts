import { patched, sleep } from '@temporalio/workflow';
import { LATEST_WINS, leftoverBudget, LEFTOVERS_MS, nextStep, quietMs } from '../src/domain/delivery';
import type { DeliverWebhookInput } from '../src/domain/delivery-input';
import { attemptPriority, progressPolicy, sendAttempt } from './send-attempt';

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
  let quietUntil = 0;
  for (const { attempts = 0, notBefore = 0, ...outgoing } of input.earlier) {
    if (leftoverBudget(Date.now() - begunAt) === 'none') break;
    const dueAt = Math.max(notBefore, quietUntil);
    // All that follows would come too late as well.
    if (dueAt - begunAt >= LEFTOVERS_MS && patched('progress-retry-after')) break;
    if (dueAt > Date.now()) await sleep(dueAt - Date.now());
    for (let number = attempts + 1; ; number++) {
      const outcome = await sendAttempt(
        { ...outgoing, url: input.url, kind: input.kind, attempt: number, deadlineMs: input.progressTimeoutMs },
        { taskQueue: input.taskQueue, priorityKey: attemptPriority(number) },
        begunAt + LEFTOVERS_MS,
      );
      if (outcome === undefined) return 'reachable';
      const policy = progressPolicy(outcome);
      if (policy === LATEST_WINS) quietUntil = Date.now() + quietMs(outcome);
      const step = nextStep(outcome, number, policy, Math.random());
      if (step.kind === 'dead' && step.reason === 'gone') return 'gone';
      failing ||= step.kind === 'dead';
      if (step.kind !== 'retry' || !isRetried() || Date.now() + step.delayMs - begunAt >= LEFTOVERS_MS) break;
      await sleep(step.delayMs);
    }
  }
  return 'reachable';
}
