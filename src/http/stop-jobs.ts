/** Stops the job or the jobs that a request is about (contract §8). */
import type { Static } from '@sinclair/typebox';
import type { JobHandle, PipelineClient } from '../client';
import { invalid, PipelineError } from '../domain/errors';
import type { JobStatus } from '../domain/events';
import { mapAtOnce } from '../temporal/at-once';
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
  const [from, to] = [startTime?.from, startTime?.to].map(toEpoch);
  const given = statusesOf(statusToStop);
  // What names nothing is no criterion: it would be every job.
  const isBounded = from !== undefined || to !== undefined || given.length > 0;
  if (jobId === undefined && pipelineName === undefined && !isBounded) {
    throw invalid("data should have required property 'jobId'");
  }
  const statuses = given.length === 0 ? DEFAULT_STATUSES : given;
  const criteria = {
    statuses: statuses as JobStatus[],
    ...(pipelineName !== undefined && { pipelineName }),
    ...(from !== undefined && { from }),
  };
  const handles =
    jobId === undefined
      ? await submittedWithin(await pipelines.find(criteria), from, to)
      : await matching(pipelines.getHandle(jobId), request, { ...criteria, ...(to !== undefined && { to }) });
  const { stopped, unavailable } = await stopAll(handles, reason);
  if (stopped.length > 0) return [...stopped];
  if (unavailable !== undefined) throw unavailable;
  const told = [
    ...(jobId === undefined ? [] : [`jobId: ${jobId}`]),
    ...(pipelineName === undefined ? [] : [`pipelineName: ${pipelineName}`]),
    ...(startTime === undefined
      ? []
      : [`datesRange: ${String(startTime.from ?? '')} to ${String(startTime.to ?? '')}`]),
    `statuses: ${statuses.join(',')}`,
  ];
  throw new PipelineError('NotFound', `No jobs found matching criteria (${told.join(', ')})`);
}

/** A long job's present run has begun later than the job was submitted, and only the former can be searched for. */
async function submittedWithin(
  handles: readonly JobHandle[],
  from = -Infinity,
  to = Infinity,
): Promise<readonly JobHandle[]> {
  if (from === -Infinity && to === Infinity) return handles;
  const times = await mapAtOnce(handles, AT_ONCE, (handle) => handle.startTime());
  return handles.filter((_, index) => {
    const at = times[index] ?? NaN;
    return at >= from && at <= to;
  });
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
  return list.map((status) => status.trim()).filter((status) => status !== '');
}

function toEpoch(time: string | number | undefined): number | undefined {
  return time === undefined ? undefined : new Date(time).getTime();
}
