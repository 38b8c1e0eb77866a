import { expect } from 'chai';
import type { JobHandle } from '../../src/client';
import type { ProgressBody } from '../../src/domain/events';
import type { Pipeline, PipelineNode } from '../../src/domain/pipeline';
import { LEVELS, type Level } from '../../src/domain/verbosity';
import { Gate } from '../support/gate';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// Who gets which events, and what is in them (contract §4).

/** The events at info and above, in order, by the subscriber's level: the first three get the same. */
type Told = Readonly<Record<'trace, debug, info' | 'warn' | 'error' | 'critical', readonly string[]>>;

const WARNED: Told = {
  'trace, debug, info': ['info pending', 'info active', 'warn active', 'info completed'],
  warn: ['warn active'],
  error: [],
  critical: [],
};
const STOPPED: Told = {
  'trace, debug, info': ['info pending', 'info active', 'info stopped'],
  warn: [],
  error: [],
  critical: [],
};

interface Scenario {
  /** Of the batch `green`, whose second item is bad and whose first ends at once, while the others are held. */
  readonly node?: Partial<PipelineNode>;
  readonly others?: readonly PipelineNode[];
  readonly options?: Pipeline['options'];
  /** What is done once all items have begun; default: those that are held are let go on. */
  readonly steer?: (job: JobHandle, letGo: (...items: number[]) => void) => unknown;
  readonly told: Told;
  /** What a warning lists. */
  readonly warned?: ProgressBody['tasks'];
  /** How each item of `green` goes on after it was active, as a trace subscriber is told. */
  readonly items: readonly (readonly string[])[];
}

const BAD = { nodeName: 'green', batchID: 'green#2', error: 'bad item' };
const node = (nodeName: string, algorithmName: string, ...input: string[]) => ({ nodeName, algorithmName, input });

const SCENARIOS: Record<string, Scenario> = {
  'has a tolerated failure': {
    told: WARNED,
    warned: [{ ...BAD, status: 'failed' }],
    items: [['succeed'], ['failed'], ['succeed']],
  },
  'has a retried task': {
    node: { retry: { policy: 'OnError', limit: 1 } },
    told: WARNED,
    warned: [{ ...BAD, status: 'pending' }],
    items: [['succeed'], ['pending', 'succeed'], ['succeed']],
  },
  'is paused and resumed': {
    node: { input: ['#[ok,ok,ok]'] },
    steer: async (job, letGo) => {
      await job.pause();
      await job.resume();
      letGo(2, 3);
    },
    told: {
      'trace, debug, info': ['info pending', 'info active', 'info paused', 'info resumed', 'info completed'],
      warn: [],
      error: [],
      critical: [],
    },
    items: [['succeed'], ['succeed'], ['succeed']],
  },
  'is stopped': {
    steer: (job) => job.stop('enough'),
    told: STOPPED,
    items: [['succeed'], ['stopped'], ['stopped']],
  },
  expires: {
    options: { ttl: 2 },
    steer: () => undefined,
    told: STOPPED,
    items: [['succeed'], ['stopped'], ['stopped']],
  },
  'is failed by an algorithm': {
    options: { batchTolerance: 30 },
    steer: (_, letGo) => letGo(2),
    told: {
      'trace, debug, info': ['info pending', 'info active', 'error failed'],
      warn: ['error failed'],
      error: ['error failed'],
      critical: [],
    },
    items: [['succeed'], ['failed'], ['stopped']],
  },
  'is failed by the engine': {
    node: { input: ['#[ok,ok,ok]'] },
    // Of 16,000,000 items.
    others: [
      node('list', 'list-alg'),
      { ...node('wide', 'list-alg', '#@list', '#@list', '@green'), batchOperation: 'cartesian' },
    ],
    told: {
      'trace, debug, info': ['info pending', 'info active', 'critical failed'],
      warn: ['critical failed'],
      error: ['critical failed'],
      critical: ['critical failed'],
    },
    items: [['succeed'], ['succeed'], ['succeed']],
  },
};

/** What a subscriber gets besides: one kind of event below info, or none. */
const BELOW_INFO: Record<Level, readonly string[]> = {
  trace: ['trace active'],
  debug: ['debug active'],
  info: [],
  warn: [],
  error: [],
  critical: [],
};

/** The keys that follow `status`. */
const KEYS: Record<string, readonly string[]> = {
  'trace active': ['data', 'tasks'],
  'debug active': ['data'],
  'info pending': [],
  'info active': [],
  'info paused': ['data'],
  'info resumed': ['data'],
  'info completed': ['data'],
  'info stopped': ['data', 'reason'],
  'warn active': ['data', 'tasks'],
  'error failed': ['data', 'error', 'nodeName'],
  'critical failed': ['data', 'error', 'nodeName'],
};

describe('the matrix of levels and events', () => {
  const gate = new Gate();
  const begun = new Set<string>();
  const suite = useWorker({
    algorithms: {
      'gated-alg': async ({ jobId, batchIndex, input: [value] }, { signal, attempt }) => {
        const item = `${jobId}#${String(batchIndex)}`;
        begun.add(item);
        if (batchIndex !== 1) await gate.wait(item, signal);
        if (value === 'bad' && attempt === 1) throw new Error('bad item');
        return value;
      },
      'list-alg': () => Array.from({ length: 4_000 }, (_, index) => index),
    },
  });
  const listen = useReceiver();

  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    for (const level of LEVELS) {
      it(`${level}: a run that ${name}`, async () => {
        const events = await run(scenario, level);
        const kinds = events.map((event) => `${event.level} ${event.status}`);
        const isBelow = (kind: string): boolean => /^(trace|debug)/.test(kind);
        expect(kinds.filter((kind) => !isBelow(kind))).to.deep.equal(told(scenario, level));
        expect([...new Set(kinds.filter(isBelow))]).to.deep.equal(BELOW_INFO[level]);
        events.forEach(checkData);
        events.forEach((event) =>
          expect(Object.keys(event), JSON.stringify(event)).to.deep.equal(expectedKeys(event, level)),
        );
        const warnings = events.filter((event) => event.level === 'warn').map(({ tasks = [] }) => tasks);
        for (const tasks of warnings) expect(tasks).to.deep.equal(scenario.warned);
        if (level === 'trace') expect(changesOf(events)).to.have.members(expectedChanges(scenario));
      });
    }
  }

  /** @returns all that was sent to the progress URL */
  async function run({ node: given, others = [], options, steer }: Scenario, level: Level): Promise<ProgressBody[]> {
    const to = await listen();
    const received = (): ProgressBody[] => {
      const progress = to.arrived.filter(({ headers }) => headers['x-pipeline-event'] === 'progress');
      return progress.map(({ text }) => JSON.parse(text) as ProgressBody);
    };
    const job = await suite.start({
      name: 'levels',
      nodes: [{ ...node('green', 'gated-alg', '#[ok,bad,ok]'), ...given }, ...others],
      webhooks: to.sharedWebhooks,
      options: { progressVerbosityLevel: level, batchTolerance: 60, ...options },
    });
    const [below] = BELOW_INFO[level];
    if (below !== undefined) await to.until(() => received().some((event) => event.level === level));
    const items = [1, 2, 3].map((item) => `${job.jobId}#${String(item)}`);
    await until('all items have begun', () => items.every((item) => begun.has(item)));
    const letGo = (...held: number[]): void => {
      for (const item of held) gate.open(`${job.jobId}#${String(item)}`);
    };
    if (steer === undefined) letGo(2, 3);
    else await steer(job, letGo);
    await suite.settle(job);
    return received();
  }
});

function told({ told: by }: Scenario, level: Level): readonly string[] {
  return level === 'trace' || level === 'debug' || level === 'info' ? by['trace, debug, info'] : by[level];
}

function expectedKeys({ level, status }: ProgressBody, subscriber: Level): string[] {
  // The terminal event replaces the last trace event and takes over its tasks.
  const isLast = subscriber === 'trace' && ['completed', 'failed', 'stopped'].includes(status);
  return [
    ...['jobId', 'timestamp', 'pipeline', 'level', 'status'],
    ...(KEYS[`${level} ${status}`] ?? []),
    ...(isLast ? ['tasks'] : []),
  ];
}

function checkData({ level, data }: ProgressBody): void {
  if (data === undefined) return;
  const isBelow = level === 'trace' || level === 'debug';
  expect(Object.keys(data)).to.deep.equal(['progress', 'details', ...(isBelow ? ['activeNodes'] : [])]);
  if (isBelow) expect(data.activeNodes?.[0]).to.deep.include({ nodeName: 'green', batch: { active: 3, total: 3 } });
}

/** Each change of each item of `green` once, over all events together. */
function changesOf(events: readonly ProgressBody[]): string[] {
  const all = events.flatMap(({ tasks = [] }) => tasks).filter(({ nodeName }) => nodeName === 'green');
  // One that its block has not begun by then is given back, and handed out anew.
  const changes = all.filter(({ status, error }) => status !== 'pending' || error !== undefined);
  return [...new Set(changes.map(({ batchID = '', status }) => `${batchID} ${status}`))];
}

function expectedChanges({ items }: Scenario): string[] {
  return items.flatMap((ends, index) => ['active', ...ends].map((status) => `green#${String(index + 1)} ${status}`));
}
