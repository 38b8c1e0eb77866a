import { expect } from 'chai';
import type { Algorithms } from '../../activities';
import type { ProgressBody } from '../../src/domain/events';
import { LEVELS, type Level } from '../../src/domain/verbosity';
import { Gate } from '../support/gate';
import { Receiver } from '../support/receiver';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { startWorker, type TestWorker } from '../support/worker';

/** Events at info and above, as `level status`, in the order in which they happen. */
const SCENARIOS = {
  'a run with a tolerated failure': ['info pending', 'info active', 'warn active', 'info completed'],
  'a run that fails': ['info pending', 'info active', 'error failed'],
  'a run that is stopped': ['info pending', 'info active', 'info stopped'],
};

type Scenario = keyof typeof SCENARIOS;

/** What a subscriber gets besides: one kind of event below info, or none. */
const BELOW_INFO: Record<Level, 'trace' | 'debug' | undefined> = {
  trace: 'trace',
  debug: 'debug',
  info: undefined,
  warn: undefined,
  error: undefined,
  critical: undefined,
};

describe('the matrix of levels and events', () => {
  let worker: TestWorker;
  let receiver: Receiver;
  const gate = new Gate();

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    const algorithms: Algorithms = {
      // Item 1 ends at once, so that counts change while the others are held.
      'gated-alg': async ({ jobId, batchIndex, input: [value] }, { signal }) => {
        if (batchIndex !== 1) await gate.wait(jobId, signal);
        if (value === 'bad') throw new Error('bad item');
        return value;
      },
    };
    worker = await startWorker(await sharedTemporal(), { algorithms });
    receiver = await Receiver.start();
  });

  after(async () => {
    await worker.stop();
    await receiver.close();
  });

  for (const scenario of Object.keys(SCENARIOS) as Scenario[]) {
    for (const level of LEVELS) {
      it(`${level}: ${scenario}`, async () => {
        const events = await run(scenario, level);
        const shown = events.filter((event) => event.level !== 'debug' && event.level !== 'trace');
        expect(shown.map((event) => `${event.level} ${event.status}`)).to.deep.equal(eventsFrom(scenario, level));
        const below = new Set(events.filter((event) => !shown.includes(event)).map((event) => event.level));
        const expected = BELOW_INFO[level];
        expect([...below]).to.deep.equal(expected === undefined ? [] : [expected]);
        if (level === 'trace') expectTaskChanges(scenario, events);
        else expectNoTasksBut(events, 'warn');
      });
    }
  }

  async function run(scenario: Scenario, level: Level): Promise<ProgressBody[]> {
    const path = `/${level}/${encodeURIComponent(scenario)}`;
    const received = (): ProgressBody[] => receiver.on(path).map(({ text }) => JSON.parse(text) as ProgressBody);
    const failing = scenario === 'a run that fails';
    const { jobId } = await worker.client.start({
      name: 'levels',
      nodes: [{ nodeName: 'green', algorithmName: 'gated-alg', input: ['#[ok,bad,ok]'] }],
      webhooks: { progress: `${receiver.url}${path}`, result: `${receiver.url}${path}/result` },
      options: { progressVerbosityLevel: level, batchTolerance: failing ? 30 : 60 },
    });
    const below = BELOW_INFO[level];
    if (below !== undefined) await receiver.until(() => received().some((event) => event.level === below));
    if (scenario === 'a run that is stopped') await worker.client.getHandle(jobId).stop('enough');
    else gate.open(jobId);
    await receiver.until(() => receiver.on(`${path}/result`).length === 1);
    const last = eventsFrom(scenario, level).at(-1);
    if (last !== undefined)
      await receiver.until(() => received().some((event) => `${event.level} ${event.status}` === last));
    return received();
  }
});

/** Those at and above the subscriber's level. */
function eventsFrom(scenario: Scenario, subscriber: Level): string[] {
  return SCENARIOS[scenario].filter((event) => {
    return LEVELS.indexOf(event.split(' ')[0] as Level) >= LEVELS.indexOf(subscriber);
  });
}

function expectNoTasksBut(events: readonly ProgressBody[], level: Level): void {
  for (const event of events) expect(event.tasks !== undefined, JSON.stringify(event)).to.equal(event.level === level);
}

/** Over all events together each change of each task is told. */
function expectTaskChanges(scenario: Scenario, events: readonly ProgressBody[]): void {
  const told = new Set(events.flatMap(({ tasks = [] }) => tasks).map((task) => `${task.batchID ?? ''} ${task.status}`));
  const ends = {
    'a run with a tolerated failure': ['succeed', 'failed', 'succeed'],
    'a run that fails': ['succeed', 'failed'],
    'a run that is stopped': ['succeed', 'stopped', 'stopped'],
  }[scenario];
  const expected = ends.flatMap((end, index) => [
    `green#${String(index + 1)} active`,
    `green#${String(index + 1)} ${end}`,
  ]);
  expect([...told]).to.include.members(expected);
}
