/** What a worker gets of a batch that others were running before it came. */
import { expect } from 'chai';
import type { JobSettings } from '../../src/domain/settings';
import type { FaultRig } from './fault-rig';
import type { Run } from './journal';
import { until } from './until';

/** Far more items than are run: these jobs are stopped. */
const ENDLESS = 100_000;

interface Joining {
  /** How long each item works. */
  readonly ms: number;
  /** By when a third worker, which joins two, has begun its first item, in milliseconds. */
  readonly withinMs: number;
  /** How long its share is measured, in milliseconds. @default 8000 */
  readonly sampleMs?: number;
  readonly settings?: Partial<JobSettings>;
}

/** A third worker joins two in the middle of a batch, and has its part of what is begun afterwards. */
export async function expectShare(rig: FaultRig, { ms, withinMs, sampleMs = 8_000, settings }: Joining): Promise<void> {
  await Promise.all([rig.startWorker(), rig.startWorker()]);
  const job = await rig.startJob({ width: ENDLESS, ms, ...(settings && { settings }) });
  // Behind the first wave, which rides alone.
  await job.untilBegun(60);
  const third = await rig.startWorker();
  const joinedAt = Date.now();
  const first = await until('the third worker has work', async () => beganBy(third.pid, await job.runs())[0]);
  expect(first.began - joinedAt, 'ms until its first item').to.be.at.most(withinMs);
  // Not by chance: once the blocks that were at the others have ended, it has its part.
  const from = first.began + 3_000;
  const since = await until('what came since', async () => {
    const runs = await job.runs();
    const isOver = runs.some(({ began }) => began > from + sampleMs);
    return isOver && runs.filter(({ began }) => from <= began && began < from + sampleMs);
  });
  expect(shareOf(third.pid, since), 'its share').to.be.within(0.15, 0.6);
  await job.handle.stop('seen enough');
  await job.expectEnd('stopped');
}

/** @returns what part of the runs was a process's, 0 to 1 */
export function shareOf(pid: number, runs: readonly Run[]): number {
  return beganBy(pid, runs).length / runs.length;
}

function beganBy(pid: number, runs: readonly Run[]): Run[] {
  return runs.filter((run) => run.pid === pid);
}
