/** Histories of workflows as files, for `test/replay`. */
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A job's history, and those of its deliveries once they have ended. */
export async function saveJob(client: Client, folder: string, name: string, jobId: string): Promise<void> {
  for (const suffix of ['', '/progress', '/result']) {
    const handle = client.workflow.getHandle(jobId + suffix);
    const isThere = await handle.result().then(
      () => true,
      (error: unknown) => !(error instanceof Error && error.name === 'WorkflowNotFoundError'),
    );
    if (!isThere) continue;
    await writeHistory(client, join(folder, `${name}${suffix.replace('/', '-')}.json`), handle.workflowId);
  }
}

export async function writeHistory(client: Client, file: string, workflowId: string): Promise<void> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  await writeFile(file, `${JSON.stringify(JSON.parse(historyToJSON(history)), null, 1)}\n`);
}
