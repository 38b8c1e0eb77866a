/**
 * Which progress events go to the job's progress URL, and when (contract §4: filter first, throttle second).
 *
 * | event | becomes |
 * |---|---|
 * | at info or above | an entry of the queue, its body fixed at once, sent in order, never dropped here |
 * | below info | a mark that something changed: its body is made when its turn has come, so it is always the newest |
 *
 * An event at info or above clears a mark that waits, since it tells the newer state, unless there are task changes to
 * tell a trace subscriber. The terminal event, which nothing follows, takes those over.
 */
import { hkubeLevel, type Dialect } from './dialect';
import type { ProgressBody, TaskChange } from './events';
import { fittingTasks } from './fitting';
import { passes, type Level } from './verbosity';

export interface Outbox {
  readonly subscriber: Level;
  /** The throttle's first interval in milliseconds. */
  readonly intervalMs: number;
  /** Of its receiver; absent is the contract's. */
  readonly dialect?: Dialect;
  queue: ProgressBody[];
  /** When the state last changed in a way that a debug subscriber is told, if that was not sent yet. */
  changedAt: number | undefined;
  /** For a trace subscriber: the task changes that were not sent yet. */
  changes: TaskChange[];
  /** The tolerated failures and retries past the first hundred, until their event is due. */
  warnings: TaskChange[];
  warned: number;
  throttled: { sent: number; lastAt: number | undefined };
  warningsLastAt: number | undefined;
  /** The last number given in `x-pipeline-sequence`. */
  sequence: number;
}

export function createOutbox(subscriber: Level, intervalMs: number, dialect?: Dialect): Outbox {
  return {
    subscriber,
    intervalMs,
    ...(dialect !== undefined && { dialect }),
    queue: [],
    changedAt: undefined,
    changes: [],
    warnings: [],
    warned: 0,
    throttled: { sent: 0, lastAt: undefined },
    warningsLastAt: undefined,
    sequence: 0,
  };
}

/** The most task changes that one event lists. */
export const MAX_CHANGES = 1_000;
const SINGLE_WARNINGS = 100;

/** An event at info or above. It waits for its turn, however long; nothing replaces it. */
export function publish(outbox: Outbox, body: ProgressBody): void {
  if (!passes(outbox.subscriber, isHkubes(outbox) ? hkubeLevel(body.level) : body.level)) return;
  if (outbox.changes.length === 0) outbox.changedAt = undefined;
  outbox.queue.push(body);
}

/** The terminal event: it replaces the trace event that waits, so that one's `tasks` move to it (contract §4). */
export function publishLast(outbox: Outbox, body: ProgressBody): void {
  const tasks = failuresFirst(outbox.changes);
  outbox.changes = [];
  publish(outbox, tasks.length > 0 ? { ...body, tasks } : body);
}

/** An event below info: something changed at `now`. */
export function markChanged(outbox: Outbox, now: number, change?: TaskChange): void {
  if (!passes(outbox.subscriber, 'debug')) return;
  outbox.changedAt = now;
  if (change !== undefined && listsTasks(outbox)) outbox.changes = keep(outbox.changes, change);
}

/** Whether its subscriber is told of single tasks. */
export function listsTasks(outbox: Outbox): boolean {
  return outbox.subscriber === 'trace' && !isHkubes(outbox);
}

/** HKube warns of nothing, and lists no tasks. */
function isHkubes({ dialect }: Outbox): boolean {
  return dialect === 'hkube';
}

/** Whether the warning about `change` is to be published by itself; otherwise it was kept for the interval's event. */
export function takeWarning(outbox: Outbox, change: TaskChange): boolean {
  if (isHkubes(outbox) || !passes(outbox.subscriber, 'warn')) return false;
  outbox.warned++;
  if (outbox.warned <= SINGLE_WARNINGS) return true;
  // Each has an error: none gives way to another.
  if (outbox.warnings.length < MAX_CHANGES) outbox.warnings.push(change);
  return false;
}

/** Takes the warnings that wait for their interval. */
export function takeWarnings(outbox: Outbox): TaskChange[] {
  const { warnings } = outbox;
  outbox.warnings = [];
  return warnings;
}

/** Fixes the first event below info where it waits, so that no later one replaces it. */
export function queueFirstSnapshot(outbox: Outbox, bodyOf: (snapshot: Snapshot) => ProgressBody): void {
  const snapshot = outbox.throttled.sent === 0 ? takeSnapshot(outbox) : undefined;
  if (snapshot !== undefined) outbox.queue.push(bodyOf(snapshot));
}

function takeSnapshot(outbox: Outbox): Snapshot | undefined {
  const { changedAt, changes } = outbox;
  if (changedAt === undefined) return undefined;
  outbox.changedAt = undefined;
  outbox.changes = [];
  outbox.throttled.sent++;
  return { kind: 'snapshot', changedAt, tasks: changes };
}

interface Snapshot {
  readonly kind: 'snapshot';
  readonly changedAt: number;
  readonly tasks: readonly TaskChange[];
}

export type NextEvent =
  | { readonly kind: 'none' }
  | { readonly kind: 'at'; readonly time: number }
  | { readonly kind: 'queued'; readonly body: ProgressBody }
  | { readonly kind: 'warnings'; readonly tasks: readonly TaskChange[] }
  | Snapshot;

/** Takes the event whose turn it is at `now`, or says when there will be one. */
export function takeNext(outbox: Outbox, now: number): NextEvent {
  const body = outbox.queue.shift();
  if (body !== undefined) {
    if (!passes('info', body.level)) outbox.throttled.lastAt = now;
    return { kind: 'queued', body };
  }
  const warningsAt = outbox.warnings.length > 0 ? dueAt(outbox.warningsLastAt, outbox.intervalMs) : Infinity;
  const snapshotAt =
    outbox.changedAt === undefined ? Infinity : dueAt(outbox.throttled.lastAt, snapshotInterval(outbox));
  if (warningsAt <= now) {
    outbox.warningsLastAt = now;
    return { kind: 'warnings', tasks: takeWarnings(outbox) };
  }
  const snapshot = snapshotAt <= now ? takeSnapshot(outbox) : undefined;
  if (snapshot !== undefined) {
    outbox.throttled.lastAt = now;
    return snapshot;
  }
  const time = Math.min(warningsAt, snapshotAt);
  return time === Infinity ? { kind: 'none' } : { kind: 'at', time };
}

export function takeSequence(outbox: Outbox): number {
  return ++outbox.sequence;
}

function dueAt(lastAt: number | undefined, intervalMs: number): number {
  return lastAt === undefined ? 0 : lastAt + intervalMs;
}

/** At most one an interval for the first 600 of a job, then one per ten, after 1,200 one per sixty. */
function snapshotInterval(outbox: Outbox): number {
  const { sent } = outbox.throttled;
  return outbox.intervalMs * (sent < 600 ? 1 : sent < 1_200 ? 10 : 60);
}

/** At most a thousand are kept, and a failure is never given up for another change. */
function keep(changes: TaskChange[], change: TaskChange): TaskChange[] {
  if (changes.length < MAX_CHANGES) {
    changes.push(change);
  } else if (change.error !== undefined) {
    const victim = changes.findLastIndex((kept) => kept.error === undefined);
    if (victim >= 0) changes[victim] = change;
  }
  return changes;
}

/**
 * In the order in which the contract lists them. What a task did before it failed is dropped: behind the failure it would
 * be read as newer. No more than travel in one request.
 */
export function failuresFirst(changes: readonly TaskChange[]): TaskChange[] {
  const lastFailure = new Map<string, number>();
  changes.forEach((change, position) => {
    if (change.error !== undefined) lastFailure.set(keyOf(change), position);
  });
  return fittingTasks([
    ...changes.filter((change) => change.error !== undefined),
    ...changes.filter((change, position) => {
      return change.error === undefined && position > (lastFailure.get(keyOf(change)) ?? -1);
    }),
  ]);
}

function keyOf({ nodeName, batchID }: TaskChange): string {
  return batchID ?? nodeName;
}
