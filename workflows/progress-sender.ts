/** Sends a job's progress events while it runs: in order, one in flight, each at most three times (contract §7). */
import { condition, patched, setHandler } from '@temporalio/workflow';
import {
  followingDeadline,
  LATEST_WINS,
  nextStep,
  quietMs,
  type AttemptOutcome,
  type Follower,
  type NextStep,
  type SentOutcome,
  type WebhookRequest,
} from '../src/domain/delivery';
import type { OutgoingEvent } from '../src/domain/delivery-input';
import { toHkubeProgress } from '../src/domain/dialect';
import type { ProgressBody } from '../src/domain/events';
import { nextBody } from '../src/domain/deferred';
import { fittingEvents } from '../src/domain/fitting';
import { isLimited } from '../src/domain/limited';
import { isEnded, type Job } from '../src/domain/job';
import { takeNext, takeSequence } from '../src/domain/outbox';
import type { JobSettings } from '../src/domain/settings';
import { attemptPriority, longestAttemptMs, offerAttempt, progressPolicy } from './send-attempt';
import { progressOutcomeQuery, type ProgressOutcome } from './messages';
import { webhookId } from './webhook-id';

/** What goes from one run of a job to the next. */
export interface SenderState {
  readonly current?: OutgoingEvent;
  /** What goes after it. */
  readonly following?: OutgoingEvent;
  readonly gone: boolean;
  /** How its last attempt was answered. */
  readonly last?: ProgressOutcome;
  /** Epoch milliseconds before which the receiver wants nothing. */
  readonly quietUntil?: number;
}

/** What a job leaves to its deliveries. */
export interface Leftovers {
  /** Those that were not sent, in order; the terminal one is the last, where the level lets it pass. */
  readonly events: readonly OutgoingEvent[];
  /** Until when an attempt may be in flight, in epoch milliseconds. Absent: none is. */
  readonly quietUntil?: number;
}

export class ProgressSender {
  /** The event that was taken and is not delivered or dropped yet, with the attempts that were begun. */
  private current: OutgoingEvent | undefined;
  /** The event after it, where its number was taken already. */
  private following: OutgoingEvent | undefined;
  /** How long the attempt in flight may last, in milliseconds; 0 where there is none. */
  private attemptMs = 0;
  /** Whether the event that follows goes along with it. */
  private isFollowed = false;
  /** The receiver answered 410: no more progress to this URL in this job. */
  private gone: boolean;
  private last: ProgressOutcome | undefined;
  private quietUntil: number;

  private resting = false;
  private looping = false;

  /** @param left what an earlier run of the job has left */
  constructor(
    private readonly job: Job,
    private readonly settings: JobSettings & { readonly webhookTaskQueue: string },
    left: SenderState = { gone: false },
  ) {
    this.current = left.current;
    this.following = left.following;
    this.gone = left.gone;
    this.last = left.last;
    this.quietUntil = left.quietUntil ?? 0;
    setHandler(progressOutcomeQuery, () => this.last ?? null);
  }

  /** @returns once the job has ended and the attempt in flight is over; never where nobody takes that attempt */
  async run(): Promise<void> {
    // After a rest the loop may still hold the attempt that was in flight: it goes on by itself then.
    if (this.job.pipeline.webhooks?.progress === undefined || this.looping) return;
    this.looping = true;
    if (this.current !== undefined) await this.send(this.current);
    while (this.isRunning()) {
      if (this.quietUntil > Date.now()) {
        // Taken afterwards, the next one is the newest.
        await condition(() => !this.isRunning(), this.quietUntil - Date.now());
        continue;
      }
      const known = this.current ?? this.takeFollowing();
      if (known !== undefined) {
        await this.send(known);
        continue;
      }
      const next = takeNext(this.job.outbox, Date.now());
      if (next.kind === 'none') await condition(() => this.hasNews());
      else if (next.kind === 'at') {
        const warned = this.job.outbox.warnings.length > 0;
        await condition(() => this.isDueEarlier(warned), Math.max(1, next.time - Date.now()));
      } else await this.send(this.toOutgoing(nextBody(this.job, next, Date.now())));
    }
    this.looping = false;
  }

  /** Sends nothing more, and answers once the attempt in flight is over, or was not taken within its deadline. */
  async rest(): Promise<SenderState> {
    this.resting = true;
    await this.untilOver();
    const quietUntil = Math.max(this.quietUntil, Date.now() + this.attemptMs);
    const unsent = this.unsent();
    return {
      ...(unsent !== undefined && { current: this.attemptMs > 0 ? { ...unsent, notBefore: quietUntil } : unsent }),
      ...(this.following !== undefined && { following: this.begun(this.following) }),
      gone: this.gone,
      ...(this.last !== undefined && { last: this.last }),
      ...(quietUntil > Date.now() && { quietUntil }),
    };
  }

  /** Goes on after a rest. */
  wake(): Promise<void> {
    this.resting = false;
    return this.run();
  }

  /** Whether the receiver wants no more progress of this job. */
  get isGone(): boolean {
    return this.gone;
  }

  private isRunning(): boolean {
    return !isEnded(this.job) && !this.gone && !this.resting;
  }

  /** What the job leaves once it has ended. */
  async takeRest(): Promise<Leftovers> {
    await this.untilOver();
    if (this.gone) return { events: this.takeTerminal() };
    const unsent = this.unsent();
    const events = fittingEvents([
      ...(unsent === undefined ? [] : [unsent]),
      ...(this.following === undefined ? [] : [this.heeding(this.begun(this.following))]),
      ...this.job.outbox.queue.splice(0).map((body) => this.toLeft(body)),
    ]);
    if (this.attemptMs === 0) return { events };
    // A worker may take it until the job has closed, which may be one deadline later.
    return { events, quietUntil: Date.now() + this.settings.progressTimeoutMs + this.attemptMs };
  }

  private async untilOver(): Promise<void> {
    await condition(() => this.attemptMs === 0, this.settings.progressTimeoutMs);
  }

  /** The event in hand, unless the attempt in flight is its last. */
  private unsent(): OutgoingEvent | undefined {
    return (this.current?.attempts ?? 0) < LATEST_WINS.scheduleMs.length ? this.current : undefined;
  }

  /** The terminal event goes whatever was asked for the others: it has a schedule of its own. */
  private toLeft(body: ProgressBody): OutgoingEvent {
    const event = this.toOutgoing(body);
    return body.status === this.job.status ? event : this.heeding(event);
  }

  private heeding(event: OutgoingEvent): OutgoingEvent {
    return this.quietUntil > Date.now() ? { ...event, notBefore: this.quietUntil } : event;
  }

  private takeFollowing(): OutgoingEvent | undefined {
    const event = this.following;
    this.following = undefined;
    return event;
  }

  /** The event that may go along with another's first attempt: what waits at info or above, as it is never replaced. */
  private offerFollowing(attempt: number): Follower | undefined {
    if (attempt > 1) return undefined;
    const { outbox } = this.job;
    if (this.following === undefined && outbox.queue.length > 0) {
      const next = takeNext(outbox, Date.now());
      if (next.kind === 'queued') this.following = this.toOutgoing(next.body);
    }
    if (this.following === undefined || this.following.attempts !== undefined) return undefined;
    const { sequence, webhookId: id, body: text } = this.following;
    const deadlineMs = followingDeadline(this.settings.progressTimeoutMs);
    return { sequence, webhookId: id, body: text, attempt: 1, deadlineMs };
  }

  /** Of one whose attempt may have been made, as nobody has told yet. */
  private begun(event: OutgoingEvent): OutgoingEvent {
    return this.attemptMs > 0 && this.isFollowed ? { ...event, attempts: 1 } : event;
  }

  /** The receiver answered 410: the rest of progress is dropped, the terminal event is recorded as dead. */
  private takeTerminal(): OutgoingEvent[] {
    const body = this.job.outbox.queue.splice(0).at(-1);
    if (body?.status !== this.job.status) return [];
    return patched('record-of-gone-progress') ? [this.toOutgoing(body)] : [];
  }

  /** Whether what came while a throttled event waits goes before it. */
  private isDueEarlier(warned: boolean): boolean {
    const { queue, warnings } = this.job.outbox;
    return !this.isRunning() || queue.length > 0 || (!warned && warnings.length > 0);
  }

  private hasNews(): boolean {
    const { queue, changedAt, warnings } = this.job.outbox;
    return !this.isRunning() || queue.length > 0 || changedAt !== undefined || warnings.length > 0;
  }

  private toOutgoing(body: ProgressBody): OutgoingEvent {
    const sequence = takeSequence(this.job.outbox);
    const terminal = isEnded(this.job) && body.status === this.job.status;
    return { sequence, webhookId: webhookId('progress', terminal ? 'end' : sequence), body: this.textOf(body) };
  }

  private textOf(body: ProgressBody): string {
    const isHkubes = this.settings.dialect === 'hkube';
    return JSON.stringify(isHkubes ? toHkubeProgress(body, this.job.submittedAt) : body);
  }

  private async send({ attempts: made = 0, notBefore = 0, ...event }: OutgoingEvent): Promise<void> {
    if (notBefore > Date.now()) await condition(() => !this.isRunning(), notBefore - Date.now());
    const url = this.job.pipeline.webhooks?.progress ?? '';
    let asked = 0;
    for (let attempt = made + 1; this.isRunning(); attempt++) {
      this.current = { ...event, attempts: attempt };
      const follower = this.offerFollowing(attempt);
      const request: WebhookRequest = {
        ...event,
        ...(follower !== undefined && { followers: [follower] }),
        url,
        kind: 'progress',
        attempt,
        deadlineMs: this.settings.progressTimeoutMs,
      };
      this.isFollowed = follower !== undefined;
      this.attemptMs = longestAttemptMs(request);
      const outcome = await offerAttempt(
        request,
        { taskQueue: this.settings.webhookTaskQueue, priorityKey: attemptPriority(attempt) },
        asked++,
      );
      this.attemptMs = 0;
      if (isLimited(outcome)) {
        // It was no attempt, so the same one is due again; a job that ends meanwhile leaves it to its delivery.
        this.current = { ...event, attempts: --attempt, notBefore: Date.now() + outcome.limitedMs };
        await condition(() => !this.isRunning(), outcome.limitedMs);
        continue;
      }
      asked = 0;
      this.note(event, outcome);
      const step = this.stepAfter(outcome, attempt);
      if (step.kind !== 'retry') {
        this.gone = step.kind === 'dead' && step.reason === 'gone';
        this.current = undefined;
        if (step.kind === 'delivered') this.noteFollowing(outcome.followers);
        return;
      }
      // Its worker was lost, and one of an earlier version did not tell before it sent the other one as well.
      if (
        outcome.error === 'lost' &&
        follower !== undefined &&
        this.following !== undefined &&
        !patched('told-followers')
      )
        this.following = { ...this.following, attempts: 1 };
      this.current = { ...this.current, notBefore: Date.now() + step.delayMs };
      await condition(() => !this.isRunning(), step.delayMs);
    }
  }

  private stepAfter(outcome: AttemptOutcome, attempt: number): NextStep {
    const policy = progressPolicy(outcome);
    if (policy === LATEST_WINS) this.quietUntil = Date.now() + quietMs(outcome);
    return nextStep(outcome, attempt, policy, Math.random());
  }

  private note(event: OutgoingEvent, { followers: _, ...outcome }: SentOutcome): void {
    const url = this.job.pipeline.webhooks?.progress ?? '';
    const { status } = JSON.parse(event.body) as ProgressBody;
    this.last = { url, status, outcome };
  }

  /** What became of the event that went along. */
  private noteFollowing([outcome]: readonly AttemptOutcome[] = []): void {
    if (outcome === undefined) return;
    const event = this.takeFollowing();
    if (event === undefined) return;
    this.note(event, outcome);
    const step = this.stepAfter(outcome, 1);
    if (step.kind === 'retry') this.current = { ...event, attempts: 1, notBefore: Date.now() + step.delayMs };
    else this.gone = step.kind === 'dead' && step.reason === 'gone';
  }
}
