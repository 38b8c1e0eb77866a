/** What is run where histories are recorded, and is stored there. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Algorithms } from '../../activities';
import { exampleAlgorithms } from '../../src/examples';
import type { Homes } from '../../src/domain/homes';
import type { Pipeline } from '../../src/domain/pipeline';
import type { PipelinesPluginOptions } from '../../src/plugin';
import type { Gate } from '../support/gate';

export function recordedAlgorithms(gate: Gate): Algorithms {
  const failsOnce = new Set<string>();
  return {
    ...exampleAlgorithms,
    'held-alg': ({ jobId }, { signal }) => gate.wait(jobId, signal),
    'fails-alg': () => {
      throw new Error('boom');
    },
    'sometimes-alg': ({ input: [value] }) => {
      if (value === 3) throw new Error('three');
      return value;
    },
    'slow-alg': ({ input: [value, ms] }) => sleep(Number(ms), value),
    'short-alg': {
      short: true,
      run: async ({ input: [ms] }, { attempt, signal }) => {
        if (attempt === 1) await sleep(Number(ms), undefined, { signal });
        return ms;
      },
    },
    'sized-alg': { blockSize: 4, run: ({ input: [value] }) => value },
    'once-alg': ({ jobId, taskId }) => {
      const key = jobId + taskId;
      if (failsOnce.has(key)) return taskId;
      failsOnce.add(key);
      throw new Error('the first time');
    },
  };
}

export function pipelineOf(algorithmName: string, input: string | number): Pipeline {
  return { name: 'recorded', nodes: [{ nodeName: 'green', algorithmName, input: [input] }] };
}

/** Its nodes have one home each. */
export const OF_THREE_HOMES: Pipeline = {
  name: 'recorded',
  nodes: [
    { nodeName: 'green', algorithmName: 'other-alg', input: ['#[1...3]'] },
    { nodeName: 'yellow', algorithmName: 'foreign-alg', input: ['*@green'] },
    { nodeName: 'black', algorithmName: 'http-alg', input: ['#@yellow'] },
  ],
};

export function homesOf(taskQueue: string, url: string): Homes {
  return {
    'other-alg': { kind: 'worker', taskQueue },
    'foreign-alg': { kind: 'activity', taskQueue, type: 'Foreign', heartbeatTimeoutMs: 60_000 },
    'http-alg': { kind: 'http', url, timeoutMs: 5_000 },
  };
}

/** What those trigger that are named as they are. */
export const RECORDED: PipelinesPluginOptions['stored'] = {
  pipelines: {
    get: (name) => Promise.resolve({ ...pipelineOf('green-alg', 1), name }),
    triggeredBy: (name) => Promise.resolve(name === 'recorded' ? ['recorded-child', 'recorded-before'] : []),
  },
};
