/**
 * What visibility can not tell of a job: of one that has not shown itself yet its algorithms and that it is `raw`, and of a
 * long list what did not fit (`workflows/shown-status.ts`). That is read from what the job was started with.
 */
import { isGrpcServiceError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { PipelineError } from '../domain/errors';
import { algorithmsOf, type Pipeline } from '../domain/pipeline';
import { AND_OTHERS, PIPELINE_ALGORITHMS, PIPELINE_STATUS, PIPELINE_TAGS } from '../../workflows/search-attributes';
import { mapAtOnce } from './at-once';
import { within } from './deadline';
import { readStart } from './started-job';
import { ANSWER_WITHIN_MS, quote } from './visibility';

/** What is looked for in keyword lists. */
export interface ListCriteria {
  readonly algorithmName?: string;
  readonly tags?: readonly string[];
}

/** Any of ours. */
type KeywordList = typeof PIPELINE_ALGORITHMS;

/** A job without the list may have the value all the same: one that nobody runs yet. */
export function isUntold({ name }: { readonly name: string }): string {
  return `(${PIPELINE_STATUS.name} = 'pending' AND ${name} IS NULL)`;
}

/** The jobs that have a value in a list, and those of which that is not known. */
export function mayHave(list: KeywordList, value: string): string {
  return `(${list.name} = ${quote(value)} OR ${isUnsure(list)})`;
}

function isUnsure(list: KeywordList): string {
  const isCut = `${list.name} = ${quote(AND_OTHERS)}`;
  return list === PIPELINE_ALGORITHMS ? `(${isCut} OR ${isUntold(list)})` : isCut;
}

/** The jobs that may match or not, of those that a query by the criteria finds; undefined where all of them do. */
export function unsureOf({ algorithmName, tags = [] }: ListCriteria): string | undefined {
  const lists = [
    ...(algorithmName === undefined ? [] : [PIPELINE_ALGORITHMS]),
    ...(tags.length > 0 ? [PIPELINE_TAGS] : []),
  ];
  return lists.length === 0 ? undefined : `(${lists.map(isUnsure).join(' OR ')})`;
}

/** @returns those that match: what their attributes do not tell is read */
export async function withAll(
  client: Client,
  runs: readonly WorkflowExecutionInfo[],
  criteria: ListCriteria,
): Promise<WorkflowExecutionInfo[]> {
  const kept = await mapAtOnce(runs, AT_ONCE, async (run) => {
    const matches = isTold(run, criteria) || isMatch(await startedWith(client, run), criteria);
    return matches ? run : undefined;
  });
  return kept.filter((run) => run !== undefined);
}

const AT_ONCE = 10;
/** Of one after the other, that are looked through together. */
const CHUNK = 50;

/** The same of what is listed as it is asked for. */
export async function* eachWithAll<T extends { readonly run: WorkflowExecutionInfo }>(
  client: Client,
  found: AsyncIterable<T>,
  criteria: ListCriteria,
): AsyncGenerator<T> {
  if (unsureOf(criteria) === undefined) {
    yield* found;
    return;
  }
  const chunk: T[] = [];
  const matching = async (): Promise<T[]> => {
    const some = chunk.splice(0);
    const runs = new Set(
      await withAll(
        client,
        some.map(({ run }) => run),
        criteria,
      ),
    );
    return some.filter(({ run }) => runs.has(run));
  };
  for await (const one of found) if (chunk.push(one) === CHUNK) yield* await matching();
  yield* await matching();
}

/** By the query that has found it, where its lists are whole: not all stores tell letters apart by their case. */
function isTold({ typedSearchAttributes }: WorkflowExecutionInfo, { algorithmName, tags = [] }: ListCriteria): boolean {
  const isWhole = (list: KeywordList): boolean => typedSearchAttributes.get(list)?.includes(AND_OTHERS) === false;
  return (algorithmName === undefined || isWhole(PIPELINE_ALGORITHMS)) && (tags.length === 0 || isWhole(PIPELINE_TAGS));
}

/** @param started by whoever: it may be anything */
function isMatch(started: unknown, { algorithmName, tags = [] }: ListCriteria): boolean {
  try {
    const pipeline = started as Pipeline;
    const isRun = algorithmName === undefined || algorithmsOf(pipeline).includes(algorithmName);
    return isRun && tags.every((tag) => pipeline.tags?.includes(tag));
  } catch {
    return false;
  }
}

/** @returns undefined where Temporal has forgotten the job, which visibility remembers for a little longer, or it can't be read */
async function startedWith(client: Client, run: WorkflowExecutionInfo): Promise<unknown> {
  try {
    return (await within(client, ANSWER_WITHIN_MS, () => readStart(client, run))).args[0];
  } catch (error) {
    if (error instanceof PipelineError || (isGrpcServiceError(error) && (error.code as number) !== NOT_FOUND))
      throw error;
    return undefined;
  }
}

const NOT_FOUND = 5;
