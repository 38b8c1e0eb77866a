import { uuid4 } from '@temporalio/workflow';
import type { AttemptOutcome } from '../src/domain/delivery';
import type { TestWebhookInput } from '../src/domain/webhook-sample';
import { attemptPriority, sendAttempt } from './send-attempt';

/**
 * Sends a sample once, where and as the webhooks of jobs are sent. Started by whoever wants to try a receiver.
 *
 * @returns what came of it
 */
export async function testWebhook({
  url,
  kind,
  body,
  taskQueue,
  deadlineMs,
}: TestWebhookInput): Promise<AttemptOutcome> {
  const webhookId = `msg_${uuid4().replaceAll('-', '')}`;
  return await sendAttempt(
    { url, kind, webhookId, sequence: 1, attempt: 1, body, deadlineMs },
    { taskQueue, priorityKey: attemptPriority(1) },
  );
}
