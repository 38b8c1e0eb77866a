/** Schedules that workers see to themselves, over their own connection: nobody else may be there. */
import { ScheduleAlreadyRunning, type Client, type ScheduleOptions } from '@temporalio/client';

const WITHIN_MS = 10_000;

/** The memo of a schedule's workflows that holds the version of its definition. */
export const DEFINITION_MEMO = 'definition';

/**
 * Sees to it that there is a schedule as this version wants it. One that somebody has paused stays so.
 *
 * @param definition to be raised with each change of `wanted`: of two versions of a worker the newer has its way
 * @throws where the server does not take it within ten seconds, or the namespace allows none
 */
export async function ensureSchedule(client: Client, wanted: ScheduleOptions, definition: number): Promise<void> {
  await client.connection.withDeadline(Date.now() + WITHIN_MS, async () => {
    try {
      // What is to be done may have come up before there was a schedule.
      await client.schedule.create({ ...wanted, state: { triggerImmediately: true } });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const { scheduleId: _, ...changed } = wanted;
      const handle = client.schedule.getHandle(wanted.scheduleId);
      const { action } = await handle.describe();
      if (Number(action.memo?.[DEFINITION_MEMO] ?? 0) >= definition) return;
      await handle.update(({ state }) => ({ ...changed, state }));
    }
  });
}
