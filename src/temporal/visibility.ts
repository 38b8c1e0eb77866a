/** What a query of Temporal's visibility is made of. */
import { isGrpcServiceError, type Client } from '@temporalio/client';
import { PipelineError } from '../domain/errors';
import { within } from './deadline';

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

/** A server that does not answer is told of by then: the client by itself tries for twice as long. */
export const ANSWER_WITHIN_MS = 10_000;

/**
 * @returns how many there are
 * @throws PipelineError `Unavailable` where the namespace lacks our search attributes, or nobody answers
 */
export async function count(client: Client, sought: Search): Promise<number> {
  try {
    return (await within(client, ANSWER_WITHIN_MS, () => client.workflow.count(sought.query))).count;
  } catch (error) {
    throw refuseUnsearchable(error, sought);
  }
}

/** Jobs or deliveries can't be searched for in this namespace; that they can't be now is another refusal. */
export class Unsearchable extends PipelineError {
  constructor({ what, attributes }: Search) {
    super(
      'Unavailable',
      `${what} can not be searched for: the namespace lacks the search attributes`,
      attributes.map(({ name }) => name),
    );
  }
}

/** @returns the refusal of a search that fails for want of search attributes, or what was thrown */
export function refuseUnsearchable(error: unknown, sought: Search): unknown {
  return isUnsearchable(error) ? new Unsearchable(sought) : error;
}

const INVALID_ARGUMENT = 3;

/** Whether a list failed for want of search attributes: all else in our queries is right. */
export function isUnsearchable(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return isGrpcServiceError(cause) && (cause.code as number) === INVALID_ARGUMENT;
}
