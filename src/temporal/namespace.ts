/** The namespace that jobs run in: whether it is there, and how long it keeps what has ended. */
import { isGrpcServiceError, type Client } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time';
import { setTimeout as sleep } from 'node:timers/promises';

const NOT_FOUND = 5;
const VISIBLE_WITHIN = 30_000;

/** @returns its retention in milliseconds; undefined where there is no such namespace */
export async function retentionOf({ workflowService, options: { namespace } }: Client): Promise<number | undefined> {
  try {
    const { config } = await workflowService.describeNamespace({ namespace });
    return tsToMs(config?.workflowExecutionRetentionTtl);
  } catch (error) {
    if (isGrpcServiceError(error) && (error.code as number) === NOT_FOUND) return undefined;
    throw error;
  }
}

/** Makes the client's namespace and waits until the whole server knows it. */
export async function registerNamespace(client: Client, retentionMs: number): Promise<void> {
  const { namespace } = client.options;
  await client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs(retentionMs) });
  const deadline = Date.now() + VISIBLE_WITHIN;
  for (;;) {
    try {
      // Another part of the server than the one that has made it: each has a cache of its own.
      await client.workflowService.countWorkflowExecutions({ namespace });
      await client.connection.operatorService.listSearchAttributes({ namespace });
      return;
    } catch (error) {
      if (!isGrpcServiceError(error) || (error.code as number) !== NOT_FOUND || Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}
