/** Keeps what the workers of one task queue have announced, in its memo, which is read without any worker. */
import {
  ApplicationFailure,
  condition,
  makeContinueAsNewFunc,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import { parseAnnouncement, type Announcement } from '../src/domain/registry';
import { ANNOUNCEMENT, announceSignal } from './messages';

/**
 * Runs until somebody terminates it, which makes its queue forgotten.
 *
 * @param first what it is started with, and has in its memo from the start
 * @throws ApplicationFailure of type `InvalidAnnouncement`
 */
export async function algorithmRegistry(first: Announcement): Promise<void> {
  let latest = tryParse(first);
  if (latest === undefined) throw ApplicationFailure.nonRetryable('not an announcement', 'InvalidAnnouncement');
  let shown = latest;
  setHandler(announceSignal, (given) => {
    const announcement = tryParse(given);
    // A worker that has been replaced may say again what it had said before.
    if (announcement !== undefined && announcement.at > (latest?.at ?? 0)) latest = announcement;
  });
  const isOld = (): boolean => workflowInfo().continueAsNewSuggested;
  for (;;) {
    await condition(() => latest !== shown || isOld());
    // Once for all that came together: many workers may start at a time.
    if (latest !== shown) upsertMemo({ [ANNOUNCEMENT]: latest });
    shown = latest;
    if (!isOld()) continue;
    // A new run would begin with the memo that this one was started with.
    const options = { memo: { [ANNOUNCEMENT]: latest } };
    await makeContinueAsNewFunc<typeof algorithmRegistry>(options)(latest);
  }
}

/** @returns undefined for what somebody has sent by hand and is no announcement: it must not stop the workflow */
function tryParse(given: unknown): Announcement | undefined {
  try {
    return parseAnnouncement(given);
  } catch {
    return undefined;
  }
}
