/**
 * What visibility can not tell of a job: of one that has not shown itself yet its algorithms and that it is `raw`, and of a
 * long list what did not fit (`workflows/shown-status.ts`). That is read from what the job was started with.
 */
import { isGrpcServiceError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { algorithmsOf, type Pipeline } from '../domain/pipeline';
import { AND_OTHERS, PIPELINE_ALGORITHMS, PIPELINE_STATUS, PIPELINE_TAGS } from '../../workflows/search-attributes';
import { mapAtOnce } from './at-once';
import { readStart } from './started-job';
import { quote } from './visibility';

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

function isTold({ typedSearchAttributes }: WorkflowExecutionInfo, { algorithmName, tags = [] }: ListCriteria): boolean {
  const has = (list: KeywordList, value: string): boolean => typedSearchAttributes.get(list)?.includes(value) === true;
  const isRun = algorithmName === undefined || has(PIPELINE_ALGORITHMS, algorithmName);
  return isRun && tags.every((tag) => has(PIPELINE_TAGS, tag));
}

function isMatch(pipeline: Pipeline | undefined, { algorithmName, tags = [] }: ListCriteria): boolean {
  if (pipeline === undefined) return false;
  const isRun = algorithmName === undefined || algorithmsOf(pipeline).includes(algorithmName);
  return isRun && tags.every((tag) => pipeline.tags?.includes(tag));
}

/** @returns undefined where Temporal has forgotten the job: visibility remembers it for a little longer */
async function startedWith(client: Client, run: WorkflowExecutionInfo): Promise<Pipeline | undefined> {
  try {
    return (await readStart(client, run)).args[0] as Pipeline;
  } catch (error) {
    if (isGrpcServiceError(error) && (error.code as number) === NOT_FOUND) return undefined;
    throw error;
  }
}

const NOT_FOUND = 5;
