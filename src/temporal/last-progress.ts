/** How far the progress events of a job had come when it was ended from outside, by its history. */
import type { Client } from '@temporalio/client';
import type { SentOutcome } from '../domain/delivery';
import type { JobSnapshot } from '../domain/snapshot';
import { isTerminal } from './own-attempts';
import { sentWebhooks } from './sent-webhooks';
import type { Start } from './started-job';

export interface LastProgress {
  /** The last number given to a progress event; 0 where none was sent. */
  readonly sequence: number;
  /** The receiver wants no more of it. */
  readonly gone: boolean;
  /** How long the last attempt may take, in milliseconds, where it was not over. */
  readonly pendingMs?: number;
}

/** What an earlier run has handed on: the third argument of `runPipeline`. */
interface Continuation {
  readonly job: Pick<JobSnapshot, 'outbox'>;
  readonly sender: { readonly gone: boolean };
}

/**
 * Without what tells of its end, should it have begun to send that.
 *
 * @param start of the run
 */
export async function readLastProgress(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  { args, firstRunId }: Pick<Start, 'args' | 'firstRunId'>,
): Promise<LastProgress> {
  const earlier = args[2] as Continuation | undefined;
  const known = earlier?.job.outbox.sequence ?? 0;
  for await (const { request, isOver, longestMs, answer } of sentWebhooks(client, execution)) {
    if (isTerminal(client, request, firstRunId)) continue;
    // One that follows keeps its number, whether or not it was sent.
    const sequence = Math.max(known, request.followers?.at(-1)?.sequence ?? request.sequence);
    if (!isOver) return { sequence, gone: false, pendingMs: longestMs };
    const last = (answer as SentOutcome | undefined)?.followers?.at(-1) ?? answer;
    return { sequence, gone: last?.statusCode === 410 };
  }
  return { sequence: known, gone: earlier?.sender.gone ?? false };
}
