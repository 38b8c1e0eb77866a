/** All jobs by what they are, those that have ended included, a page at a time. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { invalid } from '../domain/errors';
import { PIPELINE_NAME } from '../../workflows/search-attributes';
import { mapAtOnce } from './at-once';
import { within } from './deadline';
import { formatCursor, parseCursor } from './cursor';
import { inStatus, isJob, JOB_ATTRIBUTES, matching, type JobCriteria } from './job-conditions';
import { listPage, search } from './list-page';
import { oldestFirst } from './oldest-first';
import { eachWithAll, unsureOf, withAll } from './untold-criteria';
import { count, quote, type Search } from './visibility';

/** What a job must match, of those that run and those that have ended. */
export interface JobSearch extends JobCriteria {
  /** The name of the pipeline, or the id of the job. Default: any. */
  readonly name?: string;
  /** Whether it has ended. Default: either. */
  readonly isEnded?: boolean;
}

/** Which part of what is found. */
export interface SearchPage {
  /**
   * `desc` is the order of Temporal's visibility: those that run first, newest first, then those that have ended, those
   * that ended last first. `asc` is its reverse. @default 'desc'
   */
  readonly order?: 'asc' | 'desc';
  /** 1 to 1,000. @default 100 */
  readonly limit?: number;
  /** Of the page before. @default the first page */
  readonly cursor?: string;
  /** How many are passed over, at most 10,000; not with a cursor. @default 0 */
  readonly skip?: number;
}

const PAGE = 100;
const LONGEST = 1_000;
const MAX_SKIP = 10_000;

export interface FoundRuns {
  readonly runs: readonly WorkflowExecutionInfo[];
  readonly cursor?: string;
}

/**
 * @throws PipelineError `InvalidPipeline` where the cursor is none or too many are passed over, `Unavailable` where the
 * namespace lacks our search attributes
 */
export async function searchRuns(
  client: Client,
  criteria: JobSearch,
  { order = 'desc', limit = PAGE, cursor, skip = 0 }: SearchPage,
): Promise<FoundRuns> {
  if (skip > MAX_SKIP)
    throw invalid(`data.pageNum should NOT pass over more than ${String(MAX_SKIP)} jobs: use the cursor`);
  const after = cursor === undefined ? undefined : parseCursor(cursor, order);
  const passed = after === undefined ? skip : 0;
  const { runs, ...rest } =
    after?.order === 'asc' || order === 'asc'
      ? await takeAscending(client, criteria, limit, passed, after?.order === 'asc' ? after.place : undefined)
      : await takeDescending(client, criteria, limit, passed, after?.mark);
  return { runs: await withoutReset(client, runs), ...rest };
}

async function takeDescending(
  client: Client,
  criteria: JobSearch,
  limit: number,
  skip: number,
  mark: Uint8Array | undefined,
): Promise<FoundRuns> {
  const sought = searchFor(criteria);
  const runs: WorkflowExecutionInfo[] = [];
  let next = mark;
  let passed = 0;
  // A page ends where the answer does, as nothing but the end of a page can be gone on from.
  for (let left = skip + limit; left > 0; left = skip - passed + limit - runs.length) {
    const isPassing = passed < skip;
    const page = await listPage(client, sought, Math.min(isPassing ? skip - passed : left, LONGEST), next);
    const matching = await withAll(client, page.runs, criteria);
    if (isPassing) passed += matching.length;
    else runs.push(...matching);
    ({ next } = page);
    if (next === undefined) return { runs };
  }
  return { runs, ...(next && { cursor: formatCursor({ order: 'desc', mark: next }) }) };
}

async function takeAscending(
  client: Client,
  criteria: JobSearch,
  limit: number,
  skip: number,
  after: Parameters<typeof oldestFirst>[2],
): Promise<FoundRuns> {
  const runs: WorkflowExecutionInfo[] = [];
  let last = after;
  let passed = 0;
  for await (const { run, place } of eachWithAll(client, oldestFirst(client, searchFor(criteria), after), criteria)) {
    if (passed++ < skip) continue;
    // One more than asked for tells whether anything follows.
    if (runs.length === limit && last !== undefined)
      return { runs, cursor: formatCursor({ order: 'asc', place: last }) };
    runs.push(run);
    last = place;
  }
  return { runs };
}

/** All that match, as they are asked for. */
export async function* listRuns(
  client: Client,
  criteria: JobSearch,
  order: 'asc' | 'desc',
): AsyncGenerator<WorkflowExecutionInfo> {
  const sought = searchFor(criteria);
  if (order === 'asc') {
    for await (const { run } of eachWithAll(client, oldestFirst(client, sought), criteria)) yield run;
    return;
  }
  let page = await listPage(client, sought, PAGE);
  yield* await withAll(client, page.runs, criteria);
  while (page.next !== undefined) {
    page = await listPage(client, sought, LONGEST, page.next);
    yield* await withAll(client, page.runs, criteria);
  }
}

/** A server that is away is told of soon; the client by itself tries for a minute. */
const ANSWER_WITHIN_MS = 1_800;

export async function countJobs(client: Client, criteria: JobSearch): Promise<number> {
  const sought = searchFor(criteria);
  const counted = await within(client, ANSWER_WITHIN_MS, () => count(client, sought));
  const isUnsure = unsureOf(criteria);
  if (isUnsure === undefined) return counted;
  const unsure: WorkflowExecutionInfo[] = [];
  const among = { ...sought, query: `${sought.query} AND ${isUnsure}` };
  for await (const run of search(client, among)) unsure.push(run);
  return counted - unsure.length + (await withAll(client, unsure, criteria)).length;
}

function searchFor({ name, isEnded, statuses, ...criteria }: JobSearch): Search {
  const conditions = [...isJob(), ...matching(criteria)];
  if (name !== undefined) conditions.push(`(WorkflowId = ${quote(name)} OR ${PIPELINE_NAME.name} = ${quote(name)})`);
  if (isEnded !== undefined) conditions.push(`ExecutionStatus ${isEnded ? '!=' : '='} 'Running'`);
  if (statuses !== undefined) conditions.push(`(${inStatus(statuses)})`);
  return { what: 'jobs', query: conditions.join(' AND '), attributes: JOB_ATTRIBUTES };
}

const AT_ONCE = 10;

/** A reset terminates a run and starts another of the same job: that one is the job then. */
async function withoutReset(client: Client, runs: readonly WorkflowExecutionInfo[]): Promise<WorkflowExecutionInfo[]> {
  const kept = await mapAtOnce(runs, AT_ONCE, async (run) => {
    if (run.status.name !== 'TERMINATED') return run;
    const latest = await client.workflow
      .getHandle(run.workflowId)
      .describe()
      .catch(() => undefined);
    return latest === undefined || latest.runId === run.runId ? run : undefined;
  });
  return kept.filter((run) => run !== undefined);
}
