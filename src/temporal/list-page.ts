/** What visibility lists: a page and where the next begins, or all of them. */
import { isGrpcServiceError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers';
import { invalid } from '../domain/errors';
import { within } from './deadline';
import { ANSWER_WITHIN_MS, refuseUnsearchable, type Search } from './visibility';

export interface ListedPage {
  readonly runs: readonly WorkflowExecutionInfo[];
  /** Where the page was full: Temporal's own mark, which holds as long as what it marks. */
  readonly next?: Uint8Array;
}

const LONGEST = 1_000;

/** What the server says of a mark that it can't read: INVALID_ARGUMENT, or UNKNOWN where it has not looked before it failed. */
const REFUSED = [3, 2];

/**
 * @param size at most 1,000
 * @param from a mark of an earlier page
 * @throws PipelineError `InvalidPipeline` where the mark is none, and as `search` does
 */
export async function listPage(client: Client, sought: Search, size: number, from?: Uint8Array): Promise<ListedPage> {
  const { namespace, loadedDataConverter } = client.options;
  try {
    const { executions, nextPageToken } = await within(client, ANSWER_WITHIN_MS, () =>
      client.workflowService.listWorkflowExecutions({
        namespace,
        query: sought.query,
        pageSize: size,
        nextPageToken: from ?? new Uint8Array(),
      }),
    );
    const runs = await Promise.all(
      executions.map((raw) => executionInfoFromRaw(raw, loadedDataConverter, raw, namespace)),
    );
    return { runs, ...(nextPageToken.length > 0 && { next: nextPageToken }) };
  } catch (error) {
    if (from !== undefined && isGrpcServiceError(error) && REFUSED.includes(error.code)) throw noCursor();
    throw refuseUnsearchable(error, sought);
  }
}

/**
 * Open workflows first, those that were started last before others, then closed ones, those that have closed last before
 * others: the one order that every visibility store has, since only some take another.
 *
 * @throws PipelineError `Unavailable` where the namespace lacks our search attributes, or nobody answers
 */
export async function* search(client: Client, sought: Search): AsyncIterable<WorkflowExecutionInfo> {
  let next: Uint8Array | undefined;
  do {
    const page = await listPage(client, sought, LONGEST, next);
    yield* page.runs;
    ({ next } = page);
  } while (next !== undefined);
}

export function noCursor(): Error {
  return invalid('data.cursor should be the cursor of an earlier answer');
}
