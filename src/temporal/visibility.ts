/** What a query of Temporal's visibility is made of. */
import { isGrpcServiceError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { PipelineError } from '../domain/errors';

/**
 * Within a text of a query a backslash takes the meaning of what follows it away. A zero byte and half of a character are
 * nowhere in what is looked for, and stores fail over them.
 */
export function quote(value: string): string {
  const whole = Buffer.from(value.replaceAll('\0', '\ufffd')).toString();
  return `'${whole.replaceAll(/[\\']/g, '\\$&')}'`;
}

/** Years of four digits, which is all that the server reads. */
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** @param time milliseconds since 1970, UTC; nothing is older, nor as young as the last that can be asked for */
export function quoteTime(time: number): string {
  return quote(new Date(Math.min(Math.max(time, 0), LAST_TIME)).toISOString());
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
