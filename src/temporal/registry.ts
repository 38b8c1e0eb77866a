/**
 * The registry of algorithms (DESIGN.md, «Who serves an algorithm»): one workflow for each task queue, whose memo holds
 * what its workers have announced. A memo is read from the server alone, with all workers down.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import { PipelineError } from '../domain/errors';
import { mergeAnnouncements, parseAnnouncement, type Announcement, type Registry } from '../domain/registry';
import { ALGORITHM_REGISTRY, ANNOUNCEMENT, announceSignal, registryId } from '../../workflows/messages';
import { within } from './deadline';
import { createKept } from '../kept';

const ANNOUNCE_WITHIN_MS = 10_000;
/** Of the own queue's announcement: a server that is away is told of in that time. */
const READ_WITHIN_MS = 2_000;
/** Of those of all queues, which may be many, on a server under load. */
const LIST_WITHIN_MS = 8_000;

/**
 * Tells the registry what the workers of a task queue serve, and returns once everybody can read it. It does nothing where
 * the same or a later worker has told it.
 *
 * @throws where the server does not take it within ten seconds
 */
export async function announce(client: Client, announcement: Announcement): Promise<void> {
  const { taskQueue, at } = announcement;
  const isKnown = async (): Promise<boolean> => ((await announcedBy(client, taskQueue))?.at ?? 0) >= at;
  const deadline = Date.now() + ANNOUNCE_WITHIN_MS;
  await client.connection.withDeadline(deadline, async () => {
    if (await isKnown()) return;
    await client.workflow.signalWithStart(ALGORITHM_REGISTRY, {
      workflowId: registryId(taskQueue),
      taskQueue,
      args: [announcement],
      // So the first announcement is there before any worker runs the workflow.
      memo: { [ANNOUNCEMENT]: announcement },
      signal: announceSignal,
      signalArgs: [announcement],
      staticSummary: `algorithms of ${taskQueue}`,
    });
    while (!(await isKnown())) {
      if (Date.now() > deadline) throw new Error(`no worker of ${taskQueue} took its announcement`);
      await sleep(50);
    }
  });
}

/**
 * Who serves which algorithm.
 *
 * @param taskQueue whose own announcement counts at once; those of others are seen about a second after they were made
 * @throws PipelineError `Unavailable` where Temporal does not answer within two seconds, or does not list within eight
 */
export async function readRegistry(client: Client, taskQueue: string): Promise<Registry> {
  try {
    const [own, listed] = await Promise.all([
      within(client, READ_WITHIN_MS, () => announcedBy(client, taskQueue)),
      within(client, LIST_WITHIN_MS, () => listAnnouncements(client)),
    ]);
    const others = listed.filter((announcement) => announcement.taskQueue !== taskQueue);
    return mergeAnnouncements(own === undefined ? others : [...others, own]);
  } catch (error) {
    throw new PipelineError('Unavailable', 'the registry of algorithms can not be read', [String(error)]);
  }
}

/** @returns the same for a second or two, so that many submissions cost one reading */
export function createRegistryReader(client: Client, taskQueue: string): () => Promise<Registry> {
  return createKept(() => readRegistry(client, taskQueue), { forMs: KEPT_MS, staleForMs: KEPT_MS });
}

const KEPT_MS = 1_000;

/** By the server's own record of the workflow, which is never behind. */
export async function announcedBy(client: Client, taskQueue: string): Promise<Announcement | undefined> {
  try {
    return announcementOf(await client.workflow.getHandle(registryId(taskQueue)).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Without those that are encrypted for others: the SDK's own list would fail for one of them as a whole. */
async function listAnnouncements(client: Client): Promise<Announcement[]> {
  const { namespace, loadedDataConverter } = client.options;
  const found: Announcement[] = [];
  const query = `WorkflowType = '${ALGORITHM_REGISTRY}' AND ExecutionStatus = 'Running'`;
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await client.workflowService.listWorkflowExecutions({ namespace, query, nextPageToken });
    for (const { memo } of page.executions) {
      const payload = memo?.fields?.[ANNOUNCEMENT];
      const decoded = payload && (await decodeArrayFromPayloads(loadedDataConverter, [payload]).catch(() => undefined));
      const announcement = parsed(decoded?.[0]);
      if (announcement !== undefined) found.push(announcement);
    }
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
  return found;
}

/** @returns undefined where the registry was ended, or holds what no worker of ours has written */
function announcementOf({ status, memo }: Pick<WorkflowExecutionInfo, 'status' | 'memo'>): Announcement | undefined {
  return status.name === 'RUNNING' ? parsed(memo?.[ANNOUNCEMENT]) : undefined;
}

function parsed(announcement: unknown): Announcement | undefined {
  try {
    return parseAnnouncement(announcement);
  } catch {
    return undefined;
  }
}
