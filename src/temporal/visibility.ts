/** What a query of Temporal's visibility is made of. */
import { isGrpcServiceError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { invalid, PipelineError } from '../domain/errors';

/**
 * Within a text of a query a backslash takes the meaning of what follows it away.
 *
 * @throws PipelineError `InvalidPipeline` for what no store has in a text, and the server fails at again and again
 */
export function quote(value: string): string {
  if (value.includes('\0') || Buffer.from(value).toString() !== value)
    throw invalid('data should NOT have null characters, or halves of characters, in what is searched for');
  return `'${value.replaceAll(/[\\']/g, '\\$&')}'`;
}

/** @param time milliseconds since 1970, UTC */
export function quoteTime(time: number): string {
  return quote(new Date(time).toISOString());
}

export interface Search {
  /** What is looked for, as the refusal names it. */
  readonly what: string;
  readonly query: string;
  /** Our own attributes that the query names. */
  readonly attributes: readonly { readonly name: string }[];
}

/**
 * Open workflows first, those that were started last before others, then closed ones, those that have closed last before
 * others: the one order that every visibility store has, since only some take another.
 *
 * @throws PipelineError `Unavailable` where the namespace lacks our search attributes
 */
export async function* search(client: Client, sought: Search): AsyncIterable<WorkflowExecutionInfo> {
  try {
    yield* client.workflow.list({ query: sought.query });
  } catch (error) {
    throw refuseUnsearchable(error, sought);
  }
}

/** @returns how many there are; throws as {@link search} does */
export async function count(client: Client, sought: Search): Promise<number> {
  try {
    return (await client.workflow.count(sought.query)).count;
  } catch (error) {
    throw refuseUnsearchable(error, sought);
  }
}

/** @returns the refusal of a search that fails for want of search attributes, or what was thrown */
export function refuseUnsearchable(error: unknown, { what, attributes }: Search): unknown {
  if (!isUnsearchable(error)) return error;
  return new PipelineError(
    'Unavailable',
    `${what} can not be searched for: the namespace lacks the search attributes`,
    attributes.map(({ name }) => name),
  );
}

const INVALID_ARGUMENT = 3;

/** Whether a list failed for want of search attributes: all else in our queries is right. */
export function isUnsearchable(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && (cause.code as number) === INVALID_ARGUMENT;
}
