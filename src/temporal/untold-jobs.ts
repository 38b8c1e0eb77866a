/** Finds the jobs that were ended from outside and have told nobody (DESIGN.md, «Reconciler»). */
import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { PipelineError } from '../domain/errors';
import { recordOf } from '../domain/outside';
import type { Pipeline } from '../domain/pipeline';
import { DEFAULT_SETTINGS, parseSettings, type JobSettings } from '../domain/settings';
import {
  nextState,
  unsettled,
  type ClosedRun,
  type FoundUntold,
  type OwnAttempts,
  type ReconcilerState,
  type Sequences,
  type UntoldJob,
} from '../domain/untold';
import { parsePipeline } from '../domain/validate';
import { RUN_PIPELINE } from '../../workflows/messages';
import { PIPELINE_STATUS } from '../../workflows/search-attributes';
import { readToldResult } from './handed-over';
import { outsideRecord, readEnding } from './jobs';
import { readLastProgress, type LastProgress } from './last-progress';
import { retentionOf } from './namespace';
import { hasSearchAttributes } from './search-attributes';
import { readStart, submissionIn, type KnownRun } from './started-job';
import { quietAfter, readToldEnd, untoldSequences } from './told-end';
import { isUnsearchable, quote } from './visibility';

/** How many jobs are looked at together. */
const AT_ONCE = 10;
/** What one look takes: it is to end long before its activity would be taken for lost. */
const LOOK_MS = 20_000;
/** And what it finds travels in a workflow's history. */
const MAX_BYTES = 500_000;
/** Of which Temporal takes 2 MiB. */
const MAX_JOB_BYTES = 2_000_000;
/** The server may drop a delivery so much before the job that it is about, though that has closed first. */
const RETENTION_JITTER_MS = 3_600_000;

export interface UntoldInput {
  readonly taskQueue: string;
  /** What the last look has left. Default: everything is looked at that Temporal retains. */
  readonly state?: ReconcilerState;
}

/** @param warn told of what can not be read; it is looked at again for some minutes */
export async function findUntold(
  client: Client,
  { taskQueue, state: given }: UntoldInput,
  warn: (message: string, meta: Record<string, unknown>) => void,
): Promise<FoundUntold> {
  const at = Date.now();
  const oldest = at - (await lookBackMs(client));
  const state = { until: Math.max(given?.until ?? 0, oldest), seen: given?.seen ?? [] };
  const listed = await listClosed(client, taskQueue, state.until);
  const waiting = unsettled(listed, state);
  const settled: ClosedRun[] = [];
  const untold: UntoldJob[] = [];
  const postponed: number[] = [];
  let looked = 0;
  let bytes = 0;
  while (looked < waiting.length && bytes < MAX_BYTES && Date.now() - at < LOOK_MS) {
    const runs = waiting.slice(looked, looked + AT_ONCE);
    looked += runs.length;
    await Promise.all(
      runs.map(async (run) => {
        try {
          const found = await examine(client, taskQueue, run);
          const job = found && withoutTwice(found);
          const size = job === undefined ? 0 : sizeOf(job);
          if (bytes > 0 && size <= MAX_JOB_BYTES && bytes + size > MAX_JOB_BYTES) {
            // The next look has room for it.
            postponed.push(run.closedAt);
            return;
          }
          if (size > MAX_JOB_BYTES) throw new Error(`${String(size)} bytes are too many for a delivery`);
          settled.push(run);
          if (job === undefined) return;
          bytes += size;
          untold.push(job);
        } catch (error) {
          if (isGrpcServiceError(error) || isGrpcServiceError((error as Error).cause)) throw error;
          warn('a job that was ended from outside can not be told of', { jobId: run.workflowId, error });
        }
      }),
    );
  }
  const isCut = looked < waiting.length;
  const more = isCut || postponed.length > 0;
  const reached = Math.min(...postponed, (isCut ? waiting[looked - 1]?.closedAt : undefined) ?? Infinity);
  const look = { at, listed, settled, reached };
  return { untold, more, state: nextState(state, look) };
}

/** What has closed before may have told, and the server have dropped it. */
async function lookBackMs(client: Client): Promise<number> {
  // Not everybody may ask for it.
  const retentionMs = (await retentionOf(client).catch(() => undefined)) ?? DEFAULT_SETTINGS.deliveryRetentionMs;
  return Math.max(retentionMs - RETENTION_JITTER_MS, retentionMs / 2);
}

/** Those that may have told nobody: one that has failed by its own account shows so. */
async function listClosed(client: Client, taskQueue: string, since: number): Promise<ClosedRun[]> {
  const closed = [
    `WorkflowType = ${quote(RUN_PIPELINE)}`,
    `TaskQueue = ${quote(taskQueue)}`,
    `CloseTime >= ${quote(new Date(since).toISOString())}`,
  ].join(' AND ');
  const outside = `ExecutionStatus IN ('Terminated', 'TimedOut')`;
  try {
    const failed = `(ExecutionStatus = 'Failed' AND ${PIPELINE_STATUS.name} != 'failed')`;
    return await list(client, `${closed} AND (${outside} OR ${failed})`);
  } catch (error) {
    if (!isUnsearchable(error)) throw error;
    return await list(client, `${closed} AND ${outside}`);
  }
}

async function list(client: Client, query: string): Promise<ClosedRun[]> {
  const runs: ClosedRun[] = [];
  for await (const { workflowId, runId, closeTime } of client.workflow.list({ query })) {
    runs.push({ workflowId, runId, closedAt: closeTime?.getTime() ?? 0 });
  }
  return runs;
}

/** @returns undefined where nobody is to be told, or all are */
async function examine(client: Client, taskQueue: string, run: ClosedRun): Promise<UntoldJob | undefined> {
  const { workflowId: jobId, runId } = run;
  const latest = await client.workflow
    .getHandle(jobId)
    .describe()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    });
  if (latest === undefined) return undefined;
  const { args, firstRunId } = await readStart(client, { workflowId: jobId, runId });
  const isReplaced = latest.runId !== runId;
  // It was reset, and that run tells; that of another job tells nothing of this one.
  if (isReplaced && latest.raw.workflowExecutionInfo?.firstRunId === firstRunId) return undefined;
  const description = isReplaced ? await client.workflow.getHandle(jobId, runId).describe() : latest;
  const document = parse(args);
  if (document?.webhooks.progress === undefined && document?.webhooks.result === undefined) return undefined;
  const ending = await readEnding(client, description);
  if (ending.own !== undefined || ending.refused === true) return undefined;

  const { webhooks, settings } = document;
  const told = await readToldEnd(client, description, firstRunId);
  const last =
    webhooks.progress === undefined
      ? NOTHING_SENT
      : await readLastProgress(client, { workflowId: jobId, runId }, { args, firstRunId });
  const sequences = untoldSequences(webhooks, told, last.sequence);
  if (sequences.progress === undefined && sequences.result === undefined) return undefined;
  const { handed, attempts } = told;
  const { result, progress } = handed;
  const results = await readToldResult(client, description, firstRunId, result, attempts);
  const quietAt = quietAfter(run.closedAt, last, attempts);
  const begun = untoldOf(attempts, sequences);
  return {
    jobId,
    firstRunId,
    submittedAt: submissionIn(args, description.startTime),
    webhooks,
    sequences,
    record: results === undefined ? outsideRecord(description, ending.error) : recordOf(results),
    settings: { ...settings, webhookTaskQueue: settings.webhookTaskQueue ?? `${taskQueue}-webhooks` },
    gone: last.gone,
    searchable: await canBeSearched(client, description),
    ...(isReplaced && { isReplaced }),
    reusesId: result?.isOwn === false || progress?.isOwn === false,
    ...(result?.isOwn === true && { resultDelivery: result.workflowId }),
    ...(quietAt !== undefined && { quietAt }),
    ...(begun !== undefined && { attempts: begun }),
  };
}

/** Those of which a delivery is missing. */
function untoldOf({ progress, result }: OwnAttempts, sequences: Sequences): OwnAttempts | undefined {
  const isProgress = progress !== undefined && sequences.progress !== undefined;
  const isResult = result !== undefined && sequences.result !== undefined;
  if (!isProgress && !isResult) return undefined;
  return { ...(isProgress && { progress }), ...(isResult && { result }) };
}

/** What its own attempt sends is there once: the result that it is made from is not needed. */
function withoutTwice(job: UntoldJob): UntoldJob {
  if (job.attempts?.result === undefined) return job;
  const { data: _, ...results } = job.record.results;
  return { ...job, record: { ...job.record, results } };
}

function sizeOf(job: UntoldJob): number {
  return Buffer.byteLength(JSON.stringify(job));
}

/** One that was started straight on Temporal has no attributes, though the namespace may know them. */
async function canBeSearched(client: Client, { typedSearchAttributes }: KnownRun): Promise<boolean> {
  if (typedSearchAttributes.get(PIPELINE_STATUS) !== undefined) return true;
  // Not everybody may ask for them.
  return await hasSearchAttributes(client).catch(() => false);
}

const NOTHING_SENT: LastProgress = { sequence: 0, gone: false };

/** @returns undefined for what the workflow would have refused: it never was a job */
function parse([document, overrides]: readonly unknown[]):
  | {
      readonly webhooks: NonNullable<Pipeline['webhooks']>;
      readonly settings: Omit<JobSettings, 'homes' | 'flowInput' | 'outputs'>;
    }
  | undefined {
  try {
    const { homes: _, flowInput, outputs, ...settings } = parseSettings(overrides);
    const limits = { ...settings, ...(flowInput && { flowInput }), ...(outputs && { outputs }) };
    return { webhooks: parsePipeline(document, limits).pipeline.webhooks ?? {}, settings };
  } catch (error) {
    if (error instanceof PipelineError) return undefined;
    throw error;
  }
}
