/** One page of what visibility lists, and where the next begins. */
import { isGrpcServiceError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers';
import { invalid } from '../domain/errors';
import { within } from './deadline';
import { refuseUnsearchable, type Search } from './visibility';

export interface ListedPage {
  readonly runs: readonly WorkflowExecutionInfo[];
  /** Where the page was full: Temporal's own mark, which holds as long as what it marks. */
  readonly next?: Uint8Array;
}

const ANSWER_WITHIN_MS = 10_000;

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

export function noCursor(): Error {
  return invalid('data.cursor should be the cursor of an earlier answer');
}
