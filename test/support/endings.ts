/** Every ending of a job: its pipeline, what is done to it, and what is said of it (contract §4 and §5; DESIGN.md, «Endings»). */
import type { Client } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import type { JobHandle } from '../../src/client';
import type { ProgressBody } from '../../src/domain/events';
import type { Pipeline, PipelineNode } from '../../src/domain/pipeline';
import { Gate } from './gate';
import { until } from './until';

export interface Ending {
  readonly pipeline: Omit<Pipeline, 'name'>;
  /** What is done to it once its first block is in Temporal's hands. */
  readonly steer?: (job: JobHandle, client: Client) => Promise<unknown>;
  /** How long Temporal lets its workflow run. */
  readonly runTimeoutMs?: number;
  /** What follows jobId, timestamp and pipeline in the terminal progress event. */
  readonly progress: Omit<ProgressBody, 'jobId' | 'timestamp' | 'pipeline'>;
  /** What follows them in the result. */
  readonly result: object;
  /** Temporal's status of the workflow, and the type of its failure. */
  readonly workflow: readonly [status: string, failure?: string];
}

const gate = new Gate();
const LONG = 'x'.repeat(1_000_000);

export const ENDING_ALGORITHMS: Algorithms = {
  echo: ({ input }) => input[0],
  even: ({ input: [value] }) => {
    if (Number(value) % 2 === 1) throw new Error(`${Number(value)} is odd`);
    return value;
  },
  list: () => Array.from({ length: 4_000 }, (_, index) => index),
  long: () => LONG,
  wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
  'fail-late': async ({ jobId, batchIndex }, { signal }) => {
    await gate.wait(`${jobId}#${String(batchIndex)}`, signal);
    throw new Error(`bad ${String(batchIndex)}`);
  },
};

const node = (nodeName: string, algorithmName: string, ...input: string[]): PipelineNode => {
  return { nodeName, algorithmName, input };
};
const WAITING = { nodes: [node('one', 'wait', '1'), node('two', 'echo', '@one')] };
/** The bytes of two long outputs as they would travel: a text within JSON. */
const LONG_RESULTS = JSON.stringify(
  JSON.stringify({
    jobId: `ending:${randomUUID()}`,
    timestamp: new Date().toISOString(),
    pipeline: 'ending',
    status: 'completed',
    data: ['one#1', 'one#2'].map((batchID) => ({ nodeName: 'one', batchID, algorithmName: 'long', result: LONG })),
  }),
).length;
const NOTHING_DONE = { progress: '0.00', details: '0.00% completed, 2 stopped' };

/** Lets the items fail one after the other, the last item first. */
async function failBackwards(job: JobHandle): Promise<void> {
  for (let failed = 1; failed <= 12; failed++) {
    gate.open(`${job.jobId}#${String(13 - failed)}`);
    await until(`${String(failed)} have failed`, async () => {
      return (await job.status()).data?.details.includes(`completed, ${String(failed)} failed`);
    });
  }
}

export const ENDINGS: Record<string, Ending> = {
  'completed, with the outputs of its sinks and of what is flagged': {
    pipeline: {
      nodes: [
        { ...node('first', 'echo', '#[1,2]'), includeInResults: true },
        node('hidden', 'echo', 'x'),
        node('last', 'echo', '@hidden'),
        node('none', 'echo', '#[]'),
        node('both', 'echo', '@first'),
      ],
    },
    progress: {
      level: 'info',
      status: 'completed',
      data: { progress: '100.00', details: '100.00% completed, 5 succeed, 1 skipped' },
    },
    result: {
      status: 'completed',
      data: [
        { nodeName: 'first', batchID: 'first#1', algorithmName: 'echo', result: 1 },
        { nodeName: 'first', batchID: 'first#2', algorithmName: 'echo', result: 2 },
        { nodeName: 'last', algorithmName: 'echo', result: 'x' },
        { nodeName: 'both', algorithmName: 'echo', result: [1, 2] },
      ],
    },
    workflow: ['COMPLETED'],
  },
  'completed with a failure that was tolerated': {
    pipeline: { nodes: [node('one', 'even', '#[1,2]')], options: { batchTolerance: 80 } },
    progress: {
      level: 'info',
      status: 'completed',
      data: { progress: '100.00', details: '100.00% completed, 1 succeed, 1 failed' },
    },
    result: {
      status: 'completed',
      data: [
        { nodeName: 'one', batchID: 'one#1', algorithmName: 'even', error: '1 is odd' },
        { nodeName: 'one', batchID: 'one#2', algorithmName: 'even', result: 2 },
      ],
    },
    workflow: ['COMPLETED'],
  },
  'failed by an algorithm': {
    pipeline: {
      nodes: [node('one', 'even', '@flowInput.x'), node('two', 'echo', '@one')],
      flowInput: { x: 3 },
    },
    progress: {
      level: 'error',
      status: 'failed',
      data: { progress: '50.00', details: '50.00% completed, 1 failed, 1 stopped' },
      error: '3 is odd',
      nodeName: 'one',
    },
    result: {
      status: 'failed',
      error: '3 is odd',
      nodeName: 'one',
      failures: [{ nodeName: 'one', error: '3 is odd' }],
    },
    workflow: ['FAILED', 'AlgorithmFailed'],
  },
  'failed, with an earlier failure that was tolerated and nodes that never started': {
    pipeline: {
      nodes: [
        node('one', 'even', '#[1,2]'),
        node('two', 'even', '@flowInput', '@one'),
        node('three', 'echo', '#@two'),
        node('four', 'echo', '@three'),
      ],
      flowInput: 3,
    },
    progress: {
      level: 'error',
      status: 'failed',
      data: { progress: '60.00', details: '60.00% completed, 1 succeed, 2 failed, 2 stopped' },
      error: '3 is odd',
      nodeName: 'two',
    },
    result: {
      status: 'failed',
      error: '3 is odd',
      nodeName: 'two',
      failures: [
        { nodeName: 'one', batchID: 'one#1', error: '1 is odd' },
        { nodeName: 'two', error: '3 is odd' },
      ],
    },
    workflow: ['FAILED', 'AlgorithmFailed'],
  },
  'failed by its tolerance': {
    pipeline: { nodes: [node('one', 'even', '#[1]')], options: { batchTolerance: 0 } },
    progress: {
      level: 'error',
      status: 'failed',
      data: { progress: '100.00', details: '100.00% completed, 1 failed' },
      error: '1/1 (100%) failed tasks, batch tolerance is 0%, error: 1 is odd',
      nodeName: 'one',
    },
    result: {
      status: 'failed',
      error: '1/1 (100%) failed tasks, batch tolerance is 0%, error: 1 is odd',
      nodeName: 'one',
      failures: [{ nodeName: 'one', batchID: 'one#1', error: '1 is odd' }],
    },
    workflow: ['FAILED', 'AlgorithmFailed'],
  },
  'failed by twelve failures, of which the first ten are told, in the order in which they came': {
    pipeline: { nodes: [node('one', 'fail-late', '#[1...12]')], options: { batchTolerance: 100 } },
    steer: failBackwards,
    progress: {
      level: 'error',
      status: 'failed',
      data: { progress: '100.00', details: '100.00% completed, 12 failed' },
      error: '12/12 (100%) failed tasks, batch tolerance is 100%, error: bad 1',
      nodeName: 'one',
    },
    result: {
      status: 'failed',
      error: '12/12 (100%) failed tasks, batch tolerance is 100%, error: bad 1',
      nodeName: 'one',
      failures: [12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((item) => {
        return { nodeName: 'one', batchID: `one#${String(item)}`, error: `bad ${String(item)}` };
      }),
    },
    workflow: ['FAILED', 'AlgorithmFailed'],
  },
  'failed by the engine, at a node that would be too wide': {
    pipeline: {
      nodes: [
        node('one', 'list'),
        { ...node('two', 'echo', '#@one', '#@one'), batchOperation: 'cartesian' },
        node('three', 'echo', '@two'),
      ],
    },
    progress: {
      level: 'critical',
      status: 'failed',
      data: { progress: '33.33', details: '33.33% completed, 1 succeed, 2 stopped' },
      error: 'batch of 16000000 items is wider than 10000000',
      nodeName: 'two',
    },
    result: {
      status: 'failed',
      error: 'batch of 16000000 items is wider than 10000000',
      nodeName: 'two',
      failures: [],
    },
    workflow: ['FAILED', 'EngineFailed'],
  },
  'failed by the engine, at results that are too large': {
    pipeline: { nodes: [node('one', 'long', '#[1,2]')] },
    progress: {
      level: 'critical',
      status: 'failed',
      data: { progress: '100.00', details: '100.00% completed, 2 succeed' },
      error: `results of ${String(LONG_RESULTS)} bytes are larger than 1900000`,
    },
    result: {
      status: 'failed',
      error: `results of ${String(LONG_RESULTS)} bytes are larger than 1900000`,
      failures: [],
    },
    workflow: ['FAILED', 'EngineFailed'],
  },
  stopped: {
    pipeline: WAITING,
    steer: (job) => job.stop('no longer needed'),
    progress: { level: 'info', status: 'stopped', data: NOTHING_DONE, reason: 'no longer needed' },
    result: { status: 'stopped', reason: 'no longer needed' },
    workflow: ['COMPLETED'],
  },
  'stopped as its ttl has passed': {
    pipeline: { ...WAITING, options: { ttl: 1 } },
    progress: { level: 'info', status: 'stopped', data: NOTHING_DONE, reason: 'pipeline expired' },
    result: { status: 'stopped', reason: 'pipeline expired' },
    workflow: ['COMPLETED'],
  },
  "stopped by Temporal's own Cancel": {
    pipeline: WAITING,
    steer: (job, client) => client.workflow.getHandle(job.jobId).cancel(),
    progress: { level: 'info', status: 'stopped', data: NOTHING_DONE, reason: 'canceled from Temporal' },
    result: { status: 'stopped', reason: 'canceled from Temporal' },
    workflow: ['COMPLETED'],
  },
  'made up where it was terminated': {
    pipeline: WAITING,
    steer: (job, client) => client.workflow.getHandle(job.jobId).terminate('by a person'),
    progress: { level: 'critical', status: 'failed', error: 'the job was terminated from outside: by a person' },
    result: { status: 'failed', error: 'the job was terminated from outside: by a person', failures: [] },
    workflow: ['TERMINATED', 'TerminatedFailure'],
  },
  'made up where Temporal has timed it out': {
    pipeline: WAITING,
    runTimeoutMs: 1_000,
    progress: { level: 'critical', status: 'failed', error: 'the job was timed out from outside' },
    result: { status: 'failed', error: 'the job was timed out from outside', failures: [] },
    workflow: ['TIMED_OUT', 'TimeoutFailure'],
  },
};
