import { Context } from '@temporalio/activity';
import {
  isFollowed,
  longestMs,
  type AttemptOutcome,
  type SentOutcome,
  type WebhookRequest,
} from '../src/domain/delivery';
import { isLimited, type Limited } from '../src/domain/limited';
import { LONGEST_WAIT_MS, type Sender } from '../src/webhooks/send';
import type { Activities } from './contract';
import { attemptOverdue } from './failures';

/**
 * The activity `sendWebhook`: one attempt, and those that follow it at once. It answers every outcome of the request; it throws only where it makes none,
 * since another attempt may have begun by now (contract §7: a lost one is over before the next begins).
 */
export function createSendWebhook(sender: Sender): Activities['sendWebhook'] {
  return async (request) => {
    if (await isOverdue(Context.current(), longestMs(request))) throw attemptOverdue();
    return await sendAll(sender, request);
  };
}

async function sendAll(sender: Sender, request: WebhookRequest): Promise<SentOutcome | Limited> {
  const { followers = [], ...first } = request;
  const answer = await sender.send(first);
  const startedAt = performance.now() - answer.durationMs;
  if (isLimited(answer) || followers.length === 0) return answer;
  const sent: AttemptOutcome[] = [];
  let last: AttemptOutcome = answer;
  for (const follower of followers) {
    if (!isFollowed(last, request, performance.now() - startedAt)) break;
    const outcome = await sender.send({ ...first, ...follower });
    // It was no attempt: its turn comes by itself.
    if (isLimited(outcome)) break;
    sent.push(outcome);
    last = outcome;
  }
  return { ...answer, followers: sent };
}

/** A worker that hung may have taken the attempt long ago; only the server knows when. */
async function isOverdue({ info, client }: Context, deadlineMs: number): Promise<boolean> {
  const spareMs = info.startToCloseTimeoutMs - deadlineMs - LONGEST_WAIT_MS;
  // The common case: it can't have been taken before it was asked for.
  if (Date.now() - info.currentAttemptScheduledTimestampMs <= spareMs) return false;
  const { workflowId, runId } = info.workflowExecution ?? {};
  if (workflowId === undefined) return false;
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  const taken = raw.pendingActivities?.find(({ activityId }) => activityId === info.activityId)?.lastStartedTime;
  return taken == null || Date.now() - Number(taken.seconds ?? 0) * 1_000 - (taken.nanos ?? 0) / 1e6 > spareMs;
}
