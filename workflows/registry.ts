/** Keeps what the workers of one task queue have announced, in its memo, which is read without any worker. */
import {
  ApplicationFailure,
  condition,
  continueAsNew,
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
  setHandler(announceSignal, (given) => {
    const announcement = tryParse(given);
    // A worker that has been replaced may say again what it had said before.
    if (announcement === undefined || announcement.at <= (latest?.at ?? 0)) return;
    latest = announcement;
    upsertMemo({ [ANNOUNCEMENT]: latest });
  });
  await condition(() => workflowInfo().continueAsNewSuggested);
  await continueAsNew<typeof algorithmRegistry>(latest);
}

/** @returns undefined for what somebody has sent by hand and is no announcement: it must not stop the workflow */
function tryParse(given: unknown): Announcement | undefined {
  try {
    return parseAnnouncement(given);
  } catch {
    return undefined;
  }
}
