/**
 * The engine: `reduce(job, event)` changes the job as the event says and answers the commands that follow from it.
 * It does no I/O and knows no clock, so the same events always make the same job. The job is changed in place: a copy of
 * a batch of a million items for each event would be quadratic.
 */
import type { BlockOutcome } from './block';
import { endBlock, failUnserved, loseBlock, refuseBlock, type LostBlock } from './blocks';
import { tellFirstSnapshot } from './deferred';
import { completeJob, completeWritten, draftResult, failJob, stopJob } from './endings';
import type { JobStatus } from './events';
import { endFirstWaves, handOut, nextWave, type RunBlock } from './hand-out';
import { progressBody } from './bodies';
import { isEnded, type Job } from './job';
import { openNodes } from './nodes';
import { publish } from './outbox';
import { DEFAULTS } from './pipeline';
import type { ResultDraft, WrittenResult } from './result-parts';
import { findUnserved, nextLook, noteSeen, type FindWorkers, type WorkersSeen } from './service';
import { MAX_ERROR, toText } from './text';

export type JobEvent =
  | { readonly type: 'started' }
  /** Goes on after `drain`: in a new run of its workflow, or in the same where the state was too large for that. */
  | { readonly type: 'continued' }
  /** Nothing more is handed out, so that no block is in flight when the run ends. */
  | { readonly type: 'drain' }
  | { readonly type: 'blockEnded'; readonly blockId: number; readonly outcome: BlockOutcome }
  /** The worker was lost, timed out, or answered with an error of its own. */
  | ({ readonly type: 'blockLost' } & LostBlock)
  /** The worker that took it does not have its algorithm. */
  | { readonly type: 'blockRefused'; readonly blockId: number }
  /** What came of `findWorkers`; nothing where nobody could tell. */
  | { readonly type: 'workersSeen'; readonly algorithmName: string; readonly seen?: WorkersSeen }
  /** Some time has passed: `nextWake` says when it is told at the latest. */
  | { readonly type: 'tick' }
  /** The result that a command asked for was written down. */
  | { readonly type: 'resultWritten'; readonly result: WrittenResult }
  | { readonly type: 'engineFailed'; readonly error: string }
  | { readonly type: 'stop'; readonly reason: string }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' };

/** What the engine asks for: all else is read from the job. */
export type Command = RunBlock | FindWorkers | WriteResult;

/** A result of which some lies in blobs is to be written down: `resultWritten` ends the job. */
export interface WriteResult {
  readonly kind: 'writeResult';
  readonly draft: ResultDraft;
}

/** When the engine wants to be told the time again, in epoch milliseconds: infinite where it does not. */
export function nextWake(job: Job): number {
  return Math.min(expiryOf(job), nextLook(job), nextWave(job));
}

/** The job's ttl counts from its submission, pauses included. */
function expiryOf({ pipeline, submittedAt }: Job): number {
  const seconds = pipeline.options?.ttl ?? DEFAULTS.ttl;
  return seconds > 0 ? submittedAt + seconds * 1_000 : Infinity;
}

/** @param now epoch milliseconds */
export function reduce(job: Job, event: JobEvent, now: number): Command[] {
  if (isEnded(job)) return [];
  switch (event.type) {
    case 'started':
      announce(job, 'pending', job.last.at, { hasData: false });
      job.status = 'active';
      announce(job, 'active', now, { hasData: false });
      openNodes(job, job.nodes, now);
      break;
    case 'continued':
      job.draining = false;
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
    case 'blockRefused':
      refuseBlock(job, event.blockId, now);
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
    case 'engineFailed':
      failJob(job, { level: 'critical', error: toText(event.error, MAX_ERROR) }, now);
      break;
    case 'stop':
      stopJob(job, toText(event.reason, MAX_ERROR), now);
      break;
    case 'pause':
      if (job.status !== 'active') break;
      job.status = 'paused';
      announce(job, 'paused', now, { hasData: true });
      break;
    case 'resume':
      if (job.status !== 'paused') break;
      announce(job, 'resumed', now, { hasData: true });
      job.status = 'active';
      break;
  }
  const isDone = !isEnded(job) && job.nodes.every((node) => node.phase === 'done');
  const wasWriting = job.writingSince !== undefined;
  if (isDone && !wasWriting) completeJob(job, now);
  const commands: Command[] = [...handOut(job, now), ...findUnserved(job, now)];
  if (isEnded(job)) return [];
  tellFirstSnapshot(job);
  const { writingSince } = job;
  if (!wasWriting && writingSince !== undefined)
    commands.push({ kind: 'writeResult', draft: draftResult(job, writingSince) });
  return commands;
}

function announce(job: Job, status: JobStatus, at: number, { hasData }: { hasData: boolean }): void {
  job.last = { level: 'info', at, hasData, status };
  publish(job.outbox, progressBody(job, job.last));
}
