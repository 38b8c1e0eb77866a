/** Stops the job or the jobs that a request is about (contract §8). */
import type { Static } from '@sinclair/typebox';
import type { JobHandle, PipelineClient } from '../client';
import { invalid, PipelineError } from '../domain/errors';
import type { JobStatus } from '../domain/events';
import type { stopRequest } from './schemas/requests';

const DEFAULT_STATUSES = ['active', 'pending', 'paused'];
/** What is in Temporal's hands at a time. */
const AT_ONCE = 20;

/**
 * @returns the ids of those that were stopped
 * @throws PipelineError `NotFound` where none matches, `Unavailable` where no worker took a stop
 */
export async function stopJobs(pipelines: PipelineClient, request: Static<typeof stopRequest>): Promise<string[]> {
  const { jobId, pipelineName, startTime, statusToStop, reason } = request;
  if (jobId === undefined && pipelineName === undefined && startTime === undefined && statusToStop === undefined) {
    throw invalid("data should have required property 'jobId'");
  }
  const statuses = statusesOf(statusToStop);
  const [from, to] = [startTime?.from, startTime?.to].map(toEpoch);
  const criteria = {
    statuses: statuses as JobStatus[],
    ...(pipelineName !== undefined && { pipelineName }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
  const handles =
    jobId === undefined
      ? await pipelines.find(criteria)
      : await matching(pipelines.getHandle(jobId), request, criteria);
  const { stopped, unavailable } = await stopAll(handles, reason);
  if (stopped.length > 0) return [...stopped];
  if (unavailable !== undefined) throw unavailable;
  const given = [
    ...(jobId === undefined ? [] : [`jobId: ${jobId}`]),
    ...(pipelineName === undefined ? [] : [`pipelineName: ${pipelineName}`]),
    ...(startTime === undefined
      ? []
      : [`datesRange: ${String(startTime.from ?? '')} to ${String(startTime.to ?? '')}`]),
    `statuses: ${statuses.join(',')}`,
  ];
  throw new PipelineError('NotFound', `No jobs found matching criteria (${given.join(', ')})`);
}

export interface Stops {
  readonly stopped: readonly string[];
  /** Where no worker took the stop of one in time. */
  readonly unavailable?: PipelineError;
}

/** Those that have ended meanwhile are left out. */
export async function stopAll(handles: readonly JobHandle[], reason?: string): Promise<Stops> {
  const stopped: string[] = [];
  const waiting = [...handles];
  let unavailable: PipelineError | undefined;
  const stopNext = async (): Promise<void> => {
    for (let handle = waiting.shift(); handle !== undefined; handle = waiting.shift()) {
      try {
        await handle.stop(reason);
        stopped.push(handle.jobId);
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error;
        if (error.code === 'Unavailable') unavailable = error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, stopNext));
  return { stopped, ...(unavailable !== undefined && { unavailable }) };
}

/** One job is asked itself: visibility is a moment behind. */
async function matching(
  handle: JobHandle,
  { pipelineName, startTime, statusToStop }: Static<typeof stopRequest>,
  { statuses, from = -Infinity, to = Infinity }: { statuses: readonly JobStatus[]; from?: number; to?: number },
): Promise<JobHandle[]> {
  if (pipelineName === undefined && startTime === undefined && statusToStop === undefined) return [handle];
  try {
    const [{ pipeline, status }, at] = await Promise.all([handle.status(), handle.startTime()]);
    const now = status === 'resumed' ? 'active' : status;
    const matches =
      statuses.includes(now) && (pipelineName === undefined || pipelineName === pipeline) && at >= from && at <= to;
    return matches ? [handle] : [];
  } catch (error) {
    if (error instanceof PipelineError && error.code === 'NotFound') return [];
    throw error;
  }
}

function statusesOf(given: string | readonly string[] | undefined): readonly string[] {
  const list = typeof given === 'string' ? given.split(',') : (given ?? []);
  const statuses = list.map((status) => status.trim()).filter((status) => status !== '');
  return statuses.length === 0 ? DEFAULT_STATUSES : statuses;
}

function toEpoch(time: string | number | undefined): number | undefined {
  return time === undefined ? undefined : new Date(time).getTime();
}
