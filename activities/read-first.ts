import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import { isElsewhere, type BlockInput } from '../src/domain/block';
import { beat } from './beat';
import { toUnread, type ReadInput } from './read-input';

/** How often a block reports that reads its input still. */
const READING_HEARTBEAT_MS = 1_000;

/**
 * Reads what the items are given, before any of them begins. It tells that it lives by heartbeats that are awaited: one
 * that the SDK holds back for a second would come behind the one by which the items begin, and deny it.
 *
 * @returns undefined where the block is not to begin any more
 * @throws ApplicationFailure `InputUnread`
 */
export async function readFirst(
  context: Context,
  block: BlockInput,
  readInput: ReadInput,
): Promise<BlockInput | undefined> {
  if (!isElsewhere(block.input)) return block;
  const over = new AbortController();
  const reading = readInput(block.input).finally(() => {
    over.abort();
  });
  // It may be left to itself.
  reading.catch(() => undefined);
  const isReading = (): Promise<boolean> =>
    sleep(READING_HEARTBEAT_MS, true, { signal: over.signal }).catch(() => false);
  while (await isReading()) if (!(await beat(context, { outcomes: [], begun: 0 }))) return undefined;
  try {
    return { ...block, input: await reading };
  } catch (error) {
    throw toUnread(error);
  }
}
