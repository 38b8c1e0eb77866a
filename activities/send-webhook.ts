import { Context } from '@temporalio/activity';
import { encodeToPayload } from '@temporalio/common/lib/internal-non-workflow';
import { setTimeout } from 'node:timers/promises';
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
import { reportLate } from './report-late';

/**
 * The activity `sendWebhook`: one attempt, and those that follow it at once. It answers every outcome of the request; it
 * throws only where it makes none, since another attempt may have begun by now (contract §7: a lost one is over before the
 * next begins).
 */
export function createSendWebhook(sender: Sender): Activities['sendWebhook'] {
  const isOverdue = createOverdueCheck();
  return async (request) => {
    const context = Context.current();
    if (await isOverdue(context, longestMs(request))) throw attemptOverdue();
    const begun = performance.now();
    const answer = await sendAll(sender, request, (sent) => tell(context, sent, request.deadlineMs));
    if (!isLimited(answer)) reportLate(context, request, answer, performance.now() - begun);
    return answer;
  };
}

/** @param tellFirst answers whether the server knows that the next one may have been sent */
async function sendAll(
  sender: Sender,
  request: WebhookRequest,
  tellFirst: (sent: SentOutcome) => Promise<boolean>,
): Promise<SentOutcome | Limited> {
  const { followers = [], ...first } = request;
  const answer = await sender.send(first);
  const startedAt = performance.now() - answer.durationMs;
  if (isLimited(answer) || followers.length === 0) return answer;
  const sent: AttemptOutcome[] = [];
  let last: AttemptOutcome = answer;
  for (const follower of followers) {
    const isNext = (): boolean => isFollowed(last, request, performance.now() - startedAt);
    if (!isNext() || !(await tellFirst({ ...answer, followers: sent })) || !isNext()) break;
    const outcome = await sender.send({ ...first, ...follower });
    // It was no attempt: its turn comes by itself.
    if (isLimited(outcome)) break;
    sent.push(outcome);
    last = outcome;
  }
  return { ...answer, followers: sent };
}

/**
 * Should the worker be lost with the next event, the workflow goes on behind those that were taken: the heartbeat is awaited,
 * which the SDK's own is not.
 */
async function tell({ info, client }: Context, sent: SentOutcome, withinMs: number): Promise<boolean> {
  const { namespace, taskToken } = info;
  const details = { payloads: [await encodeToPayload(client.options.loadedDataConverter, sent)] };
  // Where it can not be told the next event goes by itself, later. The client would try again past any deadline.
  const isTold = client.workflowService.recordActivityTaskHeartbeat({ namespace, taskToken, details }).then(
    () => true,
    () => false,
  );
  const late = new AbortController();
  const isLate = setTimeout(withinMs, false, { signal: late.signal, ref: false }).catch(() => false);
  const answer = await Promise.race([isTold, isLate]);
  late.abort();
  return answer;
}

/**
 * A worker that hung may have taken the attempt long ago; only the server knows when, and its clock may be another than
 * ours: by ours alone a worker whose clock is some seconds ahead would never make an attempt.
 */
function createOverdueCheck(): (context: Context, deadlineMs: number) => Promise<boolean> {
  /** How far our clock was ahead of the server's when it was asked last, in milliseconds. */
  let aheadMs = 0;
  return async (context, deadlineMs) => {
    const { info } = context;
    const spareMs = info.startToCloseTimeoutMs - deadlineMs - LONGEST_WAIT_MS;
    // The common case: it can't have been taken before it was asked for.
    const ageMs = Date.now() - aheadMs - info.currentAttemptScheduledTimestampMs;
    if (Math.abs(ageMs) <= spareMs) return false;
    const begun = performance.now();
    const seen = await askServer(context);
    if (seen === undefined) return true;
    aheadMs = seen.askedAt - seen.now;
    return seen.now - seen.taken + performance.now() - begun > spareMs;
  };
}

interface Seen {
  /** By the server's clock, in epoch milliseconds: when it gave the attempt to us, and when it was asked. */
  readonly taken: number;
  readonly now: number;
  /** The latter by ours. */
  readonly askedAt: number;
}

const NOT_FOUND = 5;

/**
 * The server notes the time of a heartbeat, and nothing else tells what time it is there.
 *
 * @returns undefined where it has given the attempt up
 */
async function askServer({ info, client }: Context): Promise<Seen | undefined> {
  const { workflowId, runId } = info.workflowExecution ?? {};
  if (workflowId === undefined) return undefined;
  const askedAt = Date.now();
  try {
    await client.workflowService.recordActivityTaskHeartbeat({ namespace: info.namespace, taskToken: info.taskToken });
  } catch (error) {
    if ((error as { code?: number }).code === NOT_FOUND) return undefined;
    throw error;
  }
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  const pending = raw.pendingActivities?.find(({ activityId }) => activityId === info.activityId);
  if (pending?.lastStartedTime == null || pending.lastHeartbeatTime == null) return undefined;
  return { taken: msOf(pending.lastStartedTime), now: msOf(pending.lastHeartbeatTime), askedAt };
}

function msOf({ seconds, nanos }: { readonly seconds?: unknown; readonly nanos?: number | null }): number {
  return Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6;
}
