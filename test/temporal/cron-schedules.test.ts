import { ScheduleNotFoundError, type ScheduleDescription } from '@temporalio/client';
import { expect } from 'chai';
import { CronTime } from 'cron';
import { randomUUID } from 'node:crypto';
import type { CronTrigger } from '../../src/domain/triggers';
import { CronSchedules } from '../../src/temporal/cron-schedules';
import { keepSchedules } from '../../src/temporal/kept-schedules';
import { cronPrefix } from '../../workflows/messages';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from '../support/temporal';
import { until } from '../support/until';

/** Once a year, so that no test waits for it. */
const RARE = '59 23 31 dec *';

describe('the schedules of stored pipelines', function () {
  this.timeout(30_000);
  let temporal: TestTemporal;
  let taskQueue: string;
  let stored: Map<string, CronTrigger>;
  let schedules: CronSchedules;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    temporal = await sharedTemporal();
  });

  beforeEach(() => {
    taskQueue = `cron-${randomUUID()}`;
    stored = new Map();
    schedules = new CronSchedules(temporal.client, taskQueue, {
      get: (name) => Promise.resolve(stored.get(name)),
      list: () => Promise.resolve([...stored].map(([name, cron]) => ({ name, cron }))),
    });
  });

  afterEach(async () => {
    const left = [...stored.keys()];
    stored.clear();
    await Promise.all(left.map((name) => schedules.sync(name)));
  });

  const describeOne = (name: string): Promise<ScheduleDescription> =>
    temporal.client.schedule.getHandle(cronPrefix(taskQueue) + name).describe();

  async function isGone(name: string): Promise<boolean> {
    return await describeOne(name).then(
      () => false,
      (error: unknown) => error instanceof ScheduleNotFoundError,
    );
  }

  it('are made, changed, paused and deleted with what is stored', async () => {
    stored.set('p', { pattern: RARE, enabled: true });
    await schedules.sync('p');
    const { action, policies, state, memo, spec } = await describeOne('p');
    expect(action).to.deep.include({ workflowType: 'startScheduled', taskQueue, args: [{ name: 'p' }] });
    expect(action.workflowRunTimeout).to.equal(600_000);
    expect(policies).to.include({ overlap: 'ALLOW_ALL', catchupWindow: 600_000, pauseOnFailure: false });
    expect(state).to.include({ paused: false, note: `${RARE} (UTC)` });
    expect(memo).to.deep.equal({ pipeline: 'p' });
    expect(spec.calendars?.map(({ comment }) => comment)).to.deep.equal([RARE]);

    await schedules.sync('p');
    expect((await describeOne('p')).info.lastUpdatedAt).to.equal(undefined);
    stored.set('p', { pattern: '@yearly' });
    await schedules.sync('p');
    const changed = await describeOne('p');
    expect(changed.state).to.include({ paused: true, note: '@yearly (UTC), not enabled' });
    expect(changed.spec.calendars?.map(({ comment }) => comment)).to.deep.equal(['@yearly']);
    stored.set('p', { pattern: '@yearly', enabled: true });
    await schedules.sync('p');
    expect((await describeOne('p')).state.paused).to.equal(false);

    stored.delete('p');
    await schedules.sync('p');
    expect(await isGone('p')).to.equal(true);
    await schedules.sync('p');
  });

  it('are what is stored in the end, whatever happens meanwhile', async () => {
    const name = 'p';
    const reads = [{ pattern: RARE, enabled: true }, { pattern: RARE }, { pattern: RARE }];
    const racing = new CronSchedules(temporal.client, taskQueue, {
      get: () => Promise.resolve(reads.shift() ?? stored.get(name)),
      list: () => Promise.resolve([]),
    });
    stored.set(name, { pattern: RARE });
    await racing.sync(name);
    expect((await describeOne(name)).state.paused).to.equal(true);
  });

  it('are put right where a facade has ended between the two, or somebody has touched them', async () => {
    for (const name of ['kept', 'gone', 'touched']) {
      stored.set(name, { pattern: RARE, enabled: true });
      await schedules.sync(name);
    }
    stored.delete('gone');
    stored.set('new', { pattern: RARE, enabled: true });
    await temporal.client.schedule.getHandle(`${cronPrefix(taskQueue)}touched`).pause('by hand');
    // A list is a moment behind.
    await until('all is as it is stored', async () => {
      await schedules.syncAll();
      const there = await Promise.all(
        ['kept', 'new', 'touched'].map((name) => describeOne(name).catch(() => undefined)),
      );
      return (await isGone('gone')) && there.every((one) => one?.state.paused === false);
    });
    expect((await describeOne('kept')).info.lastUpdatedAt).to.equal(undefined);
  });

  it('of a long name have ids that every server keeps', async () => {
    const name = 'n'.repeat(200);
    stored.set(name, { pattern: RARE, enabled: true });
    await schedules.sync(name);
    const listed = await until('it is listed', async () => {
      for await (const { scheduleId, memo } of temporal.client.schedule.list())
        if (memo?.['pipeline'] === name) return scheduleId;
      return undefined;
    });
    expect(listed).to.have.length(200);
    stored.delete(name);
    await schedules.sync(name);
  });

  it('are seen to again where Temporal is away', async () => {
    const failures: unknown[] = [];
    const tried: string[] = [];
    const kept = keepSchedules(
      {
        sync: (name) => {
          tried.push(name);
          return Promise.reject(new Error('away'));
        },
        syncAll: () => Promise.resolve(),
      },
      (error) => failures.push(error),
    );
    await kept.changed('p');
    expect(tried).to.deep.equal(['p']);
    expect(failures).to.have.length(1);
    kept.stop();
  });

  const patterns = [
    '0 0 * jun *',
    '*/7 3-5 1,15 jan,jul *',
    '30 2 13 * fri',
    '0 12 */10 * 1-5',
    '15,45 10/6 * * sun',
    '10 20 0 1 */5 *',
    '@weekends',
  ];
  for (const pattern of patterns) {
    it(`fire at the times of npm cron: ${pattern}`, async () => {
      stored.set('p', { pattern, enabled: true });
      await schedules.sync('p');
      const { info } = await describeOne('p');
      const theirs = new CronTime(pattern, 'UTC').sendAt(info.nextActionTimes.length).map((at) => at.toMillis());
      expect(info.nextActionTimes.map(Number)).to.deep.equal(theirs).and.to.have.length.greaterThan(2);
    });
  }
});
