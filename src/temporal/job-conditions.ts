/** What jobs are looked for by, and what queries for them are made of. */
import type { JobStatus } from '../domain/events';
import { RUN_PIPELINE } from '../../workflows/messages';
import {
  PIPELINE_ALGORITHMS,
  PIPELINE_EXPERIMENT,
  PIPELINE_NAME,
  PIPELINE_STATUS,
  PIPELINE_TAGS,
  PIPELINE_TYPES,
} from '../../workflows/search-attributes';
import { isUntold, mayHave } from './untold-criteria';
import { quote, quoteTime } from './visibility';

/** What a job must match; what is not given, all match. */
export interface JobCriteria {
  /** Of this pipeline alone. Default: of any. */
  readonly pipelineName?: string;
  /** Of this experiment alone. Default: of any. */
  readonly experimentName?: string;
  /** With a node of this algorithm. Default: of any. */
  readonly algorithmName?: string;
  /** With all of these. Default: with any or none. */
  readonly tags?: readonly string[];
  /** In one of these. Default: in any. */
  readonly statuses?: readonly JobStatus[];
  /** Started in this way, such as `stored` or `cron`. Default: in any. */
  readonly type?: string;
  /** Started then or later; milliseconds since 1970, UTC. */
  readonly from?: number;
  /** Started then or earlier; milliseconds since 1970, UTC. */
  readonly to?: number;
}

/** What our queries for jobs name. */
export const JOB_ATTRIBUTES = [
  PIPELINE_NAME,
  PIPELINE_STATUS,
  PIPELINE_TYPES,
  PIPELINE_EXPERIMENT,
  PIPELINE_ALGORITHMS,
  PIPELINE_TAGS,
];

/** Of a job that has continued as a new run only that one is the job. */
export function isJob(): string[] {
  return [`WorkflowType = ${quote(RUN_PIPELINE)}`, `ExecutionStatus != 'ContinuedAsNew'`];
}

/**
 * All criteria but the status, which Temporal's own has a part in. What is found by algorithm or tags may match by what it
 * was started with, or not: `withAll` tells.
 */
export function* matching(criteria: Omit<JobCriteria, 'statuses'>): Iterable<string> {
  const { pipelineName, experimentName, algorithmName, tags = [], type, from, to } = criteria;
  if (pipelineName !== undefined) yield `${PIPELINE_NAME.name} = ${quote(pipelineName)}`;
  if (experimentName !== undefined) yield `${PIPELINE_EXPERIMENT.name} = ${quote(experimentName)}`;
  if (algorithmName !== undefined) yield mayHave(PIPELINE_ALGORITHMS, algorithmName);
  for (const tag of tags) yield mayHave(PIPELINE_TAGS, tag);
  if (type !== undefined) yield ofType(type);
  if (from !== undefined) yield `StartTime >= ${quoteTime(from)}`;
  // The server's times are finer than ours.
  if (to !== undefined) yield `StartTime < ${quoteTime(to + 1)}`;
}

/** Started in this way; a job that nobody runs yet and that tells nothing of it is `raw`. */
export function ofType(type: string): string {
  const says = `${PIPELINE_TYPES.name} = ${quote(type)}`;
  return type === 'raw' ? `(${says} OR ${isUntold(PIPELINE_TYPES)})` : says;
}

export function oneOf(name: string, values: readonly string[]): string {
  return `${name} IN (${values.map(quote).join(', ')})`;
}

/** How Temporal calls a job that did not end by itself, whatever it last said of itself. */
const OUTSIDE = ['Failed', 'Terminated', 'TimedOut', 'Canceled'];
/** A job that has ended may still be handing its webhooks over. */
const ENDED = ['Running', 'Completed'];

/**
 * In one of these. `PipelineStatus` counts only together with `ExecutionStatus`: a run that was terminated keeps its last
 * value, and has failed.
 */
export function inStatus(statuses: readonly JobStatus[]): string {
  const { name } = PIPELINE_STATUS;
  const conditions = statuses.map((status) => {
    const says = `${name} = ${quote(status)}`;
    if (status === 'failed') return `${says} OR ${oneOf('ExecutionStatus', OUTSIDE)}`;
    const isEnded = status === 'completed' || status === 'stopped';
    return `${says} AND ${oneOf('ExecutionStatus', isEnded ? ENDED : ['Running'])}`;
  });
  return conditions.map((one) => `(${one})`).join(' OR ');
}
