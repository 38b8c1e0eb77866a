import { expect } from 'chai';
import { PipelineError } from '../../src/domain/errors';
import { DEFAULT_SETTINGS, parseSettings } from '../../src/domain/settings';
import { parsePipeline } from '../../src/domain/validate';
import { Engine } from '../support/engine';

// What is sent along with a pipeline: by our client, or by anybody straight on Temporal.

function refusal(act: () => unknown): PipelineError {
  try {
    act();
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('settings', () => {
  for (const nothing of [undefined, null, {}]) {
    it(`are the defaults where ${JSON.stringify({ nothing })} is given`, () => {
      expect(parseSettings(nothing)).to.deep.equal(DEFAULT_SETTINGS);
    });
  }

  it('keep what is given', () => {
    expect(parseSettings({ window: 1, webhookTaskQueue: 'other' })).to.deep.equal({
      ...DEFAULT_SETTINGS,
      window: 1,
      webhookTaskQueue: 'other',
    });
  });

  const refused: [unknown, string][] = [
    ['text', 'settings should be object'],
    [{ windows: 1 }, 'settings should NOT have additional properties (windows)'],
    [{ window: '50' }, 'settings.window should be integer'],
    [{ window: 0 }, 'settings.window should be >= 1'],
    [{ window: 1_001 }, 'settings.window should be <= 1000'],
    [{ maxBatch: 0 }, 'settings.maxBatch should be >= 1'],
    [{ algorithmWaitMs: -1 }, 'settings.algorithmWaitMs should be >= 0'],
    [{ progressIntervalMs: 1.5 }, 'settings.progressIntervalMs should be integer'],
    [{ progressTimeoutMs: 0 }, 'settings.progressTimeoutMs should be >= 1'],
    [{ attemptTimeoutMs: 1e12 }, 'settings.attemptTimeoutMs should be <= 31536000000'],
    [{ retryScheduleMs: 5 }, 'settings.retryScheduleMs should be array'],
    [{ retryScheduleMs: [0, -1] }, 'settings.retryScheduleMs[1] should be >= 0'],
    [{ deliveryRetentionMs: null }, 'settings.deliveryRetentionMs should be integer'],
    [{ webhookTaskQueue: '' }, 'settings.webhookTaskQueue should NOT be shorter than 1 characters'],
    [{ homes: [] }, 'settings.homes should be object'],
    [{ homes: { a: 'worker' } }, 'settings.homes.a should be object'],
    [{ homes: { a: {} } }, 'settings.homes.a.kind should be equal to one of the allowed values (worker,http,activity)'],
    [{ homes: { a: { kind: 'worker' } } }, "settings.homes.a should have required property 'taskQueue'"],
    [
      { homes: { a: { kind: 'worker', taskQueue: '' } } },
      'settings.homes.a.taskQueue should NOT be shorter than 1 characters',
    ],
    [
      { homes: { a: { kind: 'http', url: 'ftp://x', timeoutMs: 1 } } },
      'settings.homes.a.url should match format "url"',
    ],
    [
      { homes: { a: { kind: 'http', url: 'http://me:pw@x', timeoutMs: 1 } } },
      'settings.homes.a.url should NOT have credentials',
    ],
    [{ homes: { a: { kind: 'http', url: 'http://x', timeoutMs: 0 } } }, 'settings.homes.a.timeoutMs should be >= 1'],
    [{ homes: { a: { kind: 'activity', taskQueue: 'q' } } }, "settings.homes.a should have required property 'type'"],
    [
      { homes: { a: { kind: 'activity', taskQueue: 'q', type: 't', command: 'x' } } },
      'settings.homes.a should NOT have additional properties (command)',
    ],
  ];
  for (const [given, message] of refused) {
    it(`are refused: ${message}`, () => {
      expect(refusal(() => parseSettings(given))).to.include({ code: 'InvalidPipeline', message });
    });
  }
});

describe('the widest batch', () => {
  const pipeline = (...inputs: string[]) => ({
    name: 'p',
    nodes: inputs.map((input, index) => ({ nodeName: `n${String(index)}`, algorithmName: 'a', input: [input] })),
  });

  it('is as wide as the settings say', () => {
    expect(parsePipeline(pipeline('#[1...5]'), { maxBatch: 5 }).plans).to.have.length(1);
    const message = 'node "n0" has a batch of 6 items, at most 5 are taken';
    expect(refusal(() => parsePipeline(pipeline('#[1...6]'), { maxBatch: 5 }))).to.include({ message });
  });

  it('is so where it turns out in the run as well', () => {
    const engine = new Engine(pipeline('x', '#@n0'), { maxBatch: 5 }).start();
    engine.end('n0', { result: [1, 2, 3, 4, 5, 6] });
    const error = 'batch of 6 items is wider than 5';
    expect(engine.record().status).to.include({ level: 'critical', error, nodeName: 'n1' });
  });
});
