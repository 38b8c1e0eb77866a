/**
 * Delivers one must-deliver event: the terminal progress event or the result of a job (contract §7). Its attempt log is
 * its state. It outlives the job, whose workflow has closed by then.
 */
import {
  condition,
  getExternalWorkflowHandle,
  log,
  setHandler,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  LATEST_WINS,
  MUST_DELIVER,
  nextStep,
  type Attempt,
  type AttemptOutcome,
  type WebhookKind,
} from '../src/domain/delivery';
import type { DeliveryRecord, DeliveryState } from '../src/domain/delivery-record';
import { compact, formatTimestamp } from '../src/domain/events';
import { deliveryQuery, predecessorEndedSignal, redeliverSignal } from './messages';
import { WEBHOOK_STATE } from './search-attributes';
import { attemptPriority, sendAttempt } from './send-attempt';

/** An event whose bytes are fixed. */
export interface OutgoingEvent {
  readonly webhookId: string;
  readonly sequence: number;
  readonly body: string;
  /** How many attempts the job has made of it. Default 0. */
  readonly attempts?: number;
  /** Epoch milliseconds before which it is not tried again. */
  readonly notBefore?: number;
}

export interface DeliverWebhookInput {
  readonly jobId: string;
  readonly kind: WebhookKind;
  readonly url: string;
  /** Progress events that the job had not sent when it ended: they go first, each as latest-wins. */
  readonly earlier: readonly OutgoingEvent[];
  /** The must-deliver event; absent where the subscriber's level lets no terminal event pass. */
  readonly event?: OutgoingEvent;
  /** The workflow id of the delivery that waits for this one, since both go to one URL. */
  readonly successor?: string;
  /** Whether to wait for another delivery to the same URL. */
  readonly hasPredecessor: boolean;
  readonly taskQueue: string;
  readonly progressTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly retryScheduleMs: readonly number[];
  readonly retentionMs: number;
}

/** What the result waits for the terminal progress event at the most (contract §7). */
const SUCCESSOR_ATTEMPTS = 5;
const SUCCESSOR_WAIT_MS = 15 * 60_000;
/** What the terminal event waits for the events before it at the most. */
const EARLIER_MS = 5 * 60_000;
/** A little longer than the predecessor holds on, for the case that it was ended from outside. */
const PREDECESSOR_WAIT_MS = SUCCESSOR_WAIT_MS + 60_000;

/**
 * Delivers one event until the receiver has taken it, or it is given up and its retention has passed. Started by `runPipeline`.
 *
 * @returns the whole record; null where there was no must-deliver event
 */
export async function deliverWebhook(input: DeliverWebhookInput): Promise<DeliveryRecord | null> {
  const createdAt = Date.now();
  const attempts: Attempt[] = [];
  let state: DeliveryState = 'pending';
  let reason: string | undefined;
  let nextAttemptAt: number | undefined;
  let released = false;
  let manualRequests = 0;

  setHandler(predecessorEndedSignal, () => {
    released = true;
  });
  setHandler(redeliverSignal, () => {
    manualRequests++;
  });
  setHandler(deliveryQuery, record);

  if (input.hasPredecessor) await condition(() => released, PREDECESSOR_WAIT_MS);
  const reachable = await sendEarlier(input);
  const { event } = input;
  if (event === undefined) {
    await release(input);
    return null;
  }
  if (reachable === 'gone') settle('dead', 'gone');
  await attemptAutomatically(event);
  await release(input);
  await stayRedeliverable(event);
  return record();

  function record(): DeliveryRecord {
    return compact<DeliveryRecord>({
      id: input.event?.webhookId ?? '',
      jobId: input.jobId,
      kind: input.kind,
      url: input.url,
      state,
      reason,
      sequence: input.event?.sequence ?? 0,
      createdAt: formatTimestamp(createdAt),
      nextAttemptAt: nextAttemptAt === undefined ? undefined : formatTimestamp(nextAttemptAt),
      attempts,
    });
  }

  function settle(to: DeliveryState, because?: string): void {
    state = to;
    reason = because;
    nextAttemptAt = undefined;
    showDetails();
    if (workflowInfo().typedSearchAttributes.get(WEBHOOK_STATE) !== undefined) {
      upsertSearchAttributes([{ key: WEBHOOK_STATE, value: to }]);
    }
    if (to === 'dead') log.warn('webhook delivery is dead', { webhookId: input.event?.webhookId, reason: because });
  }

  /** The current details of Temporal Web: how the delivery stands, in words. */
  function showDetails(): void {
    const last = attempts.at(-1);
    const answer = last === undefined ? '' : `, last answer ${String(last.statusCode ?? last.error)}`;
    const count = `${String(attempts.length)} ${attempts.length === 1 ? 'attempt' : 'attempts'}`;
    setCurrentDetails(`${state}${reason === undefined ? '' : ` (${reason})`} after ${count}${answer}`);
  }

  async function attempt(outgoing: OutgoingEvent, trigger: Attempt['trigger']): Promise<AttemptOutcome> {
    const number = attempts.length + 1;
    nextAttemptAt = undefined;
    const outcome = await sendAttempt(
      { ...outgoing, url: input.url, kind: input.kind, attempt: number, deadlineMs: input.attemptTimeoutMs },
      { taskQueue: input.taskQueue, priorityKey: attemptPriority(number) },
    );
    const { retryAfterMs, ...recorded } = outcome;
    attempts.push({ attempt: number, trigger, ...recorded });
    showDetails();
    return outcome;
  }

  /** A manual request meanwhile makes its own attempt at once; only its success changes the automatic schedule. */
  async function attemptAutomatically(outgoing: OutgoingEvent): Promise<void> {
    const policy = { ...MUST_DELIVER, scheduleMs: input.retryScheduleMs };
    let automatic = 0;
    let delayMs = input.retryScheduleMs[0] ?? 0;
    while (state === 'pending') {
      const dueAt = Date.now() + delayMs;
      nextAttemptAt = delayMs > 0 ? dueAt : undefined;
      while (delayMs > 0 && Date.now() < dueAt) {
        const asked = await condition(() => manualRequests > 0, dueAt - Date.now());
        if (!asked) break;
        manualRequests = 0;
        if ((await attempt(outgoing, 'manual')).error === undefined) {
          settle('delivered');
          return;
        }
        nextAttemptAt = dueAt;
      }
      const step = nextStep(await attempt(outgoing, 'auto'), ++automatic, policy, Math.random());
      if (step.kind === 'delivered') settle('delivered');
      else if (step.kind === 'dead') settle('dead', step.reason);
      else if (input.successor !== undefined && mustYield(automatic, step.delayMs)) settle('dead', 'superseded');
      else delayMs = step.delayMs;
    }
  }

  /** Whether the event that waits for this one must not wait longer. */
  function mustYield(automatic: number, delayMs: number): boolean {
    return automatic >= SUCCESSOR_ATTEMPTS || Date.now() + delayMs - createdAt > SUCCESSOR_WAIT_MS;
  }

  /** A dead delivery waits for someone to ask for it again; what was delivered is done. */
  async function stayRedeliverable(outgoing: OutgoingEvent): Promise<void> {
    const until = Date.now() + input.retentionMs;
    while (state === 'dead') {
      const asked = await condition(() => manualRequests > 0, Math.max(1, until - Date.now()));
      if (!asked) return;
      manualRequests = 0;
      if ((await attempt(outgoing, 'manual')).error === undefined) settle('delivered');
    }
  }
}

/**
 * Sends what the job left behind, in order, each with the attempts that it has left. Once the receiver has failed one of
 * them for good, each later one gets a single attempt, and after five minutes the rest is dropped: it is the terminal
 * event that must arrive, and it would only wait longer.
 */
async function sendEarlier(input: DeliverWebhookInput): Promise<'reachable' | 'gone'> {
  const until = Date.now() + EARLIER_MS;
  let failing = false;
  for (const { attempts = 0, notBefore = 0, ...outgoing } of input.earlier) {
    if (Date.now() >= until) break;
    if (notBefore > Date.now()) await sleep(notBefore - Date.now());
    for (let number = attempts + 1; ; number++) {
      const outcome = await sendAttempt(
        { ...outgoing, url: input.url, kind: input.kind, attempt: number, deadlineMs: input.progressTimeoutMs },
        { taskQueue: input.taskQueue, priorityKey: attemptPriority(number) },
      );
      const step = nextStep(outcome, number, LATEST_WINS, Math.random());
      if (step.kind === 'dead' && step.reason === 'gone') return 'gone';
      failing ||= step.kind === 'dead';
      if (step.kind !== 'retry' || failing) break;
      await sleep(step.delayMs);
    }
  }
  return 'reachable';
}

async function release({ successor }: DeliverWebhookInput): Promise<void> {
  if (successor === undefined) return;
  try {
    await getExternalWorkflowHandle(successor).signal(predecessorEndedSignal);
  } catch (error) {
    // It has ended already, from outside or because its own wait was over.
    log.debug('the waiting delivery is gone', { successor, error });
  }
}
