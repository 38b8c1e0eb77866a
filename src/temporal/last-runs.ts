/** The jobs of a pipeline that were started last, or first: visibility itself sorts otherwise, and not all stores sort at all. */
import type { Client } from '@temporalio/client';
import { RUN_PIPELINE } from '../../workflows/messages';
import { PIPELINE_EXPERIMENT, PIPELINE_NAME, PIPELINE_STATUS, PIPELINE_TYPES } from '../../workflows/search-attributes';
import { ofType } from './job-conditions';
import type { JobType } from './started-job';
import { search } from './list-page';
import { count, quote, quoteTime } from './visibility';

/** Which jobs; what is not given, all match. */
export interface RunCriteria {
  /** Of this pipeline alone. Default: of any. */
  readonly name?: string;
  /** Of this experiment alone. Default: of any. */
  readonly experimentName?: string;
  /** Started in this way. Default: in any. */
  readonly type?: JobType;
  /** Only those that have ended. Default: those that run as well. */
  readonly ended?: boolean;
  /** `desc`: those that were started last, the last of them first. */
  readonly sort: 'asc' | 'desc';
  /** At most so many. */
  readonly limit: number;
}

const ATTRIBUTES = [PIPELINE_NAME, PIPELINE_EXPERIMENT, PIPELINE_STATUS, PIPELINE_TYPES];
/** So many more than are asked for are listed rather than counted again. */
const SPARE = 100;
const BEFORE_ALL = Date.UTC(2015, 0);

/**
 * @returns job ids
 * @throws PipelineError `Unavailable` where the namespace lacks our search attributes
 */
export async function lastRuns(client: Client, criteria: RunCriteria): Promise<string[]> {
  const { sort, limit } = criteria;
  const query = queryOf(criteria);
  const found: { readonly workflowId: string; readonly startTime: Date }[] = [];
  const window = await windowOf(client, query, sort, limit);
  for await (const one of search(client, { what: 'jobs', query: query + window, attributes: ATTRIBUTES })) {
    found.push(one);
  }
  const sign = sort === 'asc' ? 1 : -1;
  // Several of one millisecond, as of a schedule's backfill, have an order too: visibility's own changes as they close.
  found.sort((one, other) => sign * (one.startTime.getTime() - other.startTime.getTime() || byId(one, other)));
  return found.slice(0, limit).map(({ workflowId }) => workflowId);
}

function byId(one: { readonly workflowId: string }, other: { readonly workflowId: string }): number {
  return one.workflowId < other.workflowId ? -1 : 1;
}

function queryOf({ name, experimentName, type, ended }: RunCriteria): string {
  const conditions = [`WorkflowType = ${quote(RUN_PIPELINE)}`, `ExecutionStatus != 'ContinuedAsNew'`];
  if (name !== undefined) conditions.push(`${PIPELINE_NAME.name} = ${quote(name)}`);
  if (experimentName !== undefined) conditions.push(`${PIPELINE_EXPERIMENT.name} = ${quote(experimentName)}`);
  if (type !== undefined) conditions.push(ofType(type));
  if (ended === true) conditions.push(`ExecutionStatus != 'Running'`);
  return conditions.join(' AND ');
}

/** The times of start that hold as many as are asked for and few others, found by counting. */
async function windowOf(client: Client, query: string, sort: 'asc' | 'desc', limit: number): Promise<string> {
  const conditionOf = (time: number): string => ` AND StartTime ${sort === 'asc' ? '<=' : '>='} ${quoteTime(time)}`;
  const countOf = (condition: string): Promise<number> =>
    count(client, { what: 'jobs', query: query + condition, attributes: ATTRIBUTES });
  if ((await countOf('')) <= limit + SPARE) return '';
  // With `near` too few are found, with `far` enough.
  let [near, far] = sort === 'asc' ? [BEFORE_ALL, Date.now() + 60_000] : [Date.now() + 60_000, BEFORE_ALL];
  while (Math.abs(far - near) > 1) {
    const middle = Math.floor((near + far) / 2);
    const found = await countOf(conditionOf(middle));
    if (found < limit) near = middle;
    else far = middle;
    if (found >= limit && found <= limit + SPARE) break;
  }
  return conditionOf(far);
}
