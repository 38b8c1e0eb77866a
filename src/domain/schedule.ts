/**
 * The engine: `reduce(job, event)` changes the job as the event says and answers the commands that follow from it.
 * It does no I/O and knows no clock, so the same events always make the same job. The job is changed in place: a copy of
 * a batch of a million items for each event would be quadratic.
 */
import type { BlockOutcome, RestGivenBack } from './block';
import { closeBatch } from './batch-workflows';
import {
  endBlock,
  failUnserved,
  leaveUnread,
  loseBatch,
  loseBlock,
  refuseBlock,
  shareBlock,
  type LostBlock,
} from './blocks';
import { tellFirstSnapshot } from './deferred';
import { completeJob, completeWritten, draftResult, failJob, stopJob } from './endings';
import type { JobStatus } from './events';
import { endFirstWaves, handOut, nextWave, type RunBlock } from './hand-out';
import { progressBody } from './bodies';
import { isEnded, type Job } from './job';
import { noteAction } from './job-actions';
import { endKeeping, keepOutcomes, type KeepOutcomes, type KeptOutcomes } from './keep';
import { openNodes } from './nodes';
import { publish } from './outbox';
import { DEFAULTS } from './pipeline';
import type { ResultDraft, WrittenResult } from './result-parts';
import { findUnserved, nextLook, noteSeen, type FindWorkers, type WorkersSeen } from './service';
import { MAX_ERROR, toText } from './text';
import { nextRead, passReads, type UnreadInput } from './unread';

/** What became of a block. */
export type BlockEvent =
  | { readonly type: 'blockEnded'; readonly blockId: number; readonly outcome: BlockOutcome }
  /** The worker was lost, timed out, or answered with an error of its own. */
  | ({ readonly type: 'blockLost' } & LostBlock)
  /** The worker that took it could not read its input. */
  | ({ readonly type: 'blockUnread' } & UnreadInput)
  /** The worker that took it does not have its algorithm. */
  | { readonly type: 'blockRefused'; readonly blockId: number };

export type JobEvent =
  | BlockEvent
  /** Waits for its turn, as others of its pipeline run: `started` ends that. */
  | { readonly type: 'queued' }
  /** A block that goes on has given a part of its items back. */
  | ({ readonly type: 'restGivenBack' } & RestGivenBack)
  | { readonly type: 'started' }
  /** Goes on after `drain`: in a new run of its workflow, or in the same where the state was too large for that. */
  | { readonly type: 'continued' }
  /** The job is wide: from now on batch workflows run its blocks. */
  | { readonly type: 'widened' }
  /** The run's history is long: little more is written to it until the run's own blocks have ended. */
  | { readonly type: 'pressed' }
  /** Nothing more is handed out, so that the run can end once no block of its own is in flight. */
  | { readonly type: 'drain' }
  /** The history of a batch workflow is long: it is given no more blocks. */
  | { readonly type: 'batchFull'; readonly batch: number }
  /** A batch workflow is gone with its blocks, of which none has begun where that is known. */
  | { readonly type: 'batchLost'; readonly batch: number; readonly error: string; readonly begun?: 0 }
  /** What came of `findWorkers`; nothing where nobody could tell. */
  | { readonly type: 'workersSeen'; readonly algorithmName: string; readonly seen?: WorkersSeen }
  /** Some time has passed: `nextWake` says when it is told at the latest. */
  | { readonly type: 'tick' }
  /** The result that a command asked for was written down. */
  | { readonly type: 'resultWritten'; readonly result: WrittenResult }
  /** Outcomes that a command named were written down, or could not be for good. */
  | { readonly type: 'outcomesKept'; readonly kept?: KeptOutcomes }
  | { readonly type: 'engineFailed'; readonly error: string }
  | { readonly type: 'stop'; readonly reason: string }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' };

/** What the engine asks for: all else is read from the job. */
export type Command = RunBlock | FindWorkers | WriteResult | KeepOutcomes;

/** A result of which some lies in blobs is to be written down: `resultWritten` ends the job. */
export interface WriteResult {
  readonly kind: 'writeResult';
  readonly draft: ResultDraft;
}

/** When the engine wants to be told the time again, in epoch milliseconds: infinite where it does not. */
export function nextWake(job: Job): number {
  return Math.min(expiryOf(job), nextLook(job), nextRead(job), nextWave(job));
}

/** The job's ttl counts from its submission, the other from when it was first active; pauses are included. */
function expiryOf({ pipeline, submittedAt, activeSince }: Job): number {
  const { ttl = DEFAULTS.ttl, activeTtl } = pipeline.options ?? {};
  const expiry = ttl > 0 ? submittedAt + ttl * 1_000 : Infinity;
  if (activeTtl === undefined || activeTtl === null || activeSince === undefined) return expiry;
  return Math.min(expiry, activeSince + activeTtl * 1_000);
}

/** @param now epoch milliseconds */
export function reduce(job: Job, event: JobEvent, now: number): Command[] {
  if (isEnded(job)) return [];
  switch (event.type) {
    case 'queued':
      tellPending(job);
      break;
    case 'started':
      tellPending(job);
      job.status = 'active';
      job.activeSince = now;
      announce(job, 'active', now, { hasData: false });
      openNodes(job, job.nodes, now);
      break;
    case 'continued':
      job.draining = false;
      job.batches.isPressed = false;
      break;
    case 'widened':
      job.batches.isInUse = true;
      break;
    case 'pressed':
      job.batches.isPressed = true;
      break;
    case 'drain':
      job.draining = true;
      break;
    case 'blockEnded':
      endBlock(job, event.blockId, event.outcome, now);
      break;
    case 'blockLost':
      loseBlock(job, event, now);
      break;
    case 'restGivenBack':
      shareBlock(job, event, now);
      break;
    case 'batchFull':
      closeBatch(job, event.batch);
      break;
    case 'batchLost': {
      const { batch, error, begun } = event;
      loseBatch(job, batch, { error, ...(begun !== undefined && { begun }) }, now);
      break;
    }
    case 'blockRefused':
      refuseBlock(job, event.blockId, now);
      break;
    case 'blockUnread':
      leaveUnread(job, event, now);
      break;
    case 'workersSeen':
      if (noteSeen(job, event.algorithmName, event.seen, now)) failUnserved(job, event.algorithmName, now);
      break;
    case 'tick':
      if (now >= expiryOf(job)) stopJob(job, 'pipeline expired', now);
      endFirstWaves(job, now);
      break;
    case 'resultWritten':
      completeWritten(job, event.result);
      break;
    case 'outcomesKept':
      endKeeping(job, event.kept);
      break;
    case 'engineFailed':
      failJob(job, { level: 'critical', error: toText(event.error, MAX_ERROR) }, now);
      break;
    case 'stop': {
      const reason = toText(event.reason, MAX_ERROR);
      noteAction(job.actions, { at: now, action: 'stop', reason });
      stopJob(job, reason, now);
      break;
    }
    case 'pause':
      if (job.status !== 'active') break;
      job.status = 'paused';
      noteAction(job.actions, { at: now, action: 'pause' });
      announce(job, 'paused', now, { hasData: true });
      break;
    case 'resume':
      if (job.status !== 'paused') break;
      noteAction(job.actions, { at: now, action: 'resume' });
      announce(job, 'resumed', now, { hasData: true });
      job.status = 'active';
      break;
  }
  passReads(job, now);
  const isDone = !isEnded(job) && job.nodes.every((node) => node.phase === 'done');
  const wasWriting = job.writingSince !== undefined;
  const keep = isEnded(job) ? undefined : keepOutcomes(job);
  // A result that the job holds itself would be too large.
  if (isDone && !wasWriting && job.keeping === undefined) completeJob(job, now);
  const commands: Command[] = [...handOut(job, now), ...findUnserved(job, now), ...(keep === undefined ? [] : [keep])];
  if (isEnded(job)) return [];
  tellFirstSnapshot(job);
  const { writingSince } = job;
  if (!wasWriting && writingSince !== undefined)
    commands.push({ kind: 'writeResult', draft: draftResult(job, writingSince) });
  return commands;
}

/** Once, when it was submitted. */
function tellPending(job: Job): void {
  if (job.isPendingTold) return;
  job.isPendingTold = true;
  announce(job, 'pending', job.last.at, { hasData: false });
}

function announce(job: Job, status: JobStatus, at: number, { hasData }: { hasData: boolean }): void {
  job.last = { level: 'info', at, hasData, status };
  publish(job.outbox, progressBody(job, job.last));
}
