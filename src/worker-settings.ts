/** Settings of a Worker that were measured to serve pipelines best. */
import type { WorkerOptions } from '@temporalio/worker';

export const WORKER_SETTINGS = {
  // A killed worker's workflows go on elsewhere after this, not after the default ten seconds.
  stickyQueueScheduleToStartTimeout: '2s',
  // Running blocks learn of a stop, and are known to be alive, within about a second.
  maxHeartbeatThrottleInterval: '1s',
  defaultHeartbeatThrottleInterval: '1s',
  shutdownGraceTime: '10s',
  // A worker that has failed inside would otherwise wait for ever for what it can not finish, and serve nobody.
  shutdownForceTime: '13s',
} satisfies Partial<WorkerOptions>;

/** @returns the options with ours where the user has set none; a grace of their own is not cut short by our force */
export function withWorkerSettings(options: WorkerOptions): WorkerOptions {
  const { shutdownForceTime, ...settings } = WORKER_SETTINGS;
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return {
    ...settings,
    ...(options.shutdownGraceTime === undefined && { shutdownForceTime }),
    ...(Object.fromEntries(given) as unknown as WorkerOptions),
  };
}
