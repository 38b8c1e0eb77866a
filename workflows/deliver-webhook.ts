/**
 * Delivers one must-deliver event: the terminal progress event or the result of a job (contract §7). Its attempt log is
 * its state. It outlives the job, whose workflow has closed by then.
 */
import { condition, getExternalWorkflowHandle, log, setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import { MUST_DELIVER, nextStep, type Attempt, type AttemptOutcome } from '../src/domain/delivery';
import type { DeliverWebhookInput, OutgoingEvent } from '../src/domain/delivery-input';
import type { DeliveryRecord } from '../src/domain/delivery-record';
import { DeliveryLog } from './delivery-log';
import { sendEarlier } from './earlier-events';
import { ManualRequests } from './manual-requests';
import { attemptOverSignal, predecessorEndedSignal } from './messages';
import { attemptPriority, lostSince, sendAttempt } from './send-attempt';

/** What the result waits for the terminal progress event at the most (contract §7). */
const SUCCESSOR_ATTEMPTS = 5;
const SUCCESSOR_WAIT_MS = 15 * 60_000;
/** A little longer than the predecessor holds on, for the case that it was ended from outside. */
const PREDECESSOR_WAIT_MS = SUCCESSOR_WAIT_MS + 60_000;

/**
 * Delivers one event until the receiver has taken it, or it is given up and its retention has passed. Started by
 * `runPipeline`; and again under the same id by whoever asks for one that has closed, with its record.
 *
 * @returns the whole record; null where there was no must-deliver event
 */
export async function deliverWebhook(input: DeliverWebhookInput): Promise<DeliveryRecord | null> {
  const begunAt = Date.now();
  const { event, record: closed } = input;
  let released = false;
  setHandler(predecessorEndedSignal, () => {
    released = true;
  });
  const requests = new ManualRequests();
  const delivery = new DeliveryLog(input);

  if (event !== undefined && closed !== undefined) {
    await redeliver(event, Date.parse(closed.createdAt) + input.retentionMs);
    return delivery.record;
  }
  if (input.quietUntil !== undefined && input.quietUntil > Date.now()) await sleep(input.quietUntil - Date.now());
  if (input.hasPredecessor) await condition(() => released, PREDECESSOR_WAIT_MS);
  const reachable = input.gone === true ? 'gone' : await sendEarlier(input);
  if (event === undefined) {
    await release(input);
    return null;
  }
  if (reachable === 'gone') delivery.settle('dead', 'gone');
  await attemptAutomatically(event);
  await release(input);
  await stayRedeliverable(event, Date.now() + input.retentionMs);
  return delivery.record;

  /** @returns undefined where none was made, as the event that waits for this one must not wait for its place */
  async function attempt(outgoing: OutgoingEvent, trigger: Attempt['trigger']): Promise<AttemptOutcome | undefined> {
    const number = delivery.nextAttempt;
    const mustMakeWay = input.successor !== undefined && delivery.state === 'pending';
    const outcome = await sendAttempt(
      { ...outgoing, url: input.url, kind: input.kind, attempt: number, deadlineMs: input.attemptTimeoutMs },
      { taskQueue: input.taskQueue, priorityKey: attemptPriority(number) },
      mustMakeWay ? begunAt + SUCCESSOR_WAIT_MS : Infinity,
    );
    if (outcome !== undefined) delivery.add(trigger, outcome);
    return outcome;
  }

  /** @returns whether it succeeded; only that changes anything */
  async function attemptManually(outgoing: OutgoingEvent): Promise<boolean> {
    const outcome = await attempt(outgoing, 'manual');
    requests.clear();
    return outcome !== undefined && outcome.error === undefined;
  }

  /** The attempt that the job has begun; the activity that makes it tells of it. */
  async function untilOver(id: string, deadline: number): Promise<AttemptOutcome> {
    const startedAt = Date.now();
    let over: AttemptOutcome | undefined;
    setHandler(attemptOverSignal, (told) => {
      if (told.webhookId === id) over = told.outcome;
    });
    if (deadline > startedAt) await condition(() => over !== undefined, deadline - startedAt);
    return over ?? lostSince(startedAt);
  }

  /** A manual request meanwhile makes its own attempt at once; only its success changes the automatic schedule. */
  async function attemptAutomatically(outgoing: OutgoingEvent): Promise<void> {
    const policy = { ...MUST_DELIVER, scheduleMs: input.retryScheduleMs };
    const firstAt = input.made === undefined ? Date.now() : Date.parse(input.made.startedAt);
    let automatic = 0;
    let delayMs = Math.max(input.retryScheduleMs[0] ?? 0, (outgoing.notBefore ?? 0) - Date.now());
    if (input.made !== undefined) judge(input.made);
    if (input.inFlightUntil !== undefined) {
      const outcome = await untilOver(outgoing.webhookId, input.inFlightUntil);
      delivery.add('auto', outcome);
      judge(outcome);
    }
    while (delivery.state === 'pending') {
      const dueAt = Date.now() + delayMs;
      if (delayMs > 0) delivery.plan(dueAt);
      while (delayMs > 0 && Date.now() < dueAt) {
        if (!(await requests.wait(dueAt))) break;
        if (await attemptManually(outgoing)) {
          delivery.settle('delivered');
          return;
        }
        delivery.plan(dueAt);
      }
      const outcome = await attempt(outgoing, 'auto');
      if (outcome === undefined) {
        delivery.settle('dead', 'superseded');
        return;
      }
      judge(outcome);
    }

    function judge(outcome: AttemptOutcome): void {
      const step = nextStep(outcome, ++automatic, policy, Math.random(), Date.now() - firstAt);
      if (step.kind === 'delivered') delivery.settle('delivered');
      else if (step.kind === 'dead') delivery.settle('dead', step.reason);
      else if (input.successor !== undefined && mustYield(automatic, step.delayMs))
        delivery.settle('dead', 'superseded');
      else delayMs = step.delayMs;
    }
  }

  /** Whether the event that waits for this one must not wait longer. */
  function mustYield(automatic: number, delayMs: number): boolean {
    return automatic >= SUCCESSOR_ATTEMPTS || Date.now() + delayMs - begunAt > SUCCESSOR_WAIT_MS;
  }

  /** A dead delivery waits for someone to ask for it again; what was delivered is done. */
  async function stayRedeliverable(outgoing: OutgoingEvent, until: number): Promise<void> {
    // A run that was asked often enough closes: it can be asked for again, as any that has closed.
    while (delivery.state === 'dead' && !workflowInfo().continueAsNewSuggested) {
      if (!(await requests.wait(until))) return;
      if (await attemptManually(outgoing)) delivery.settle('delivered');
      else delivery.remember();
    }
  }

  /** Once it has closed somebody asked for it again: what was delivered stays delivered, whatever comes of it. */
  async function redeliver(outgoing: OutgoingEvent, until: number): Promise<void> {
    if (delivery.state !== 'delivered') await stayRedeliverable(outgoing, until);
    else if (await requests.wait(until)) await attemptManually(outgoing);
  }
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
