/** Jobs of many nodes and of many items (contract §2 to §5): all there, in order, and told truly on the way. */
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { ProgressBody, ResultBody } from '../../src/domain/events';
import type { Json } from '../../src/domain/json';
import type { Pipeline, PipelineNode } from '../../src/domain/pipeline';
import { Gate } from './gate';
import { useReceiver, useWorker } from './suite';

const gate = new Gate();
const ended: string[] = [];

const node = (nodeName: string, algorithmName: string, ...input: Json[]): PipelineNode => {
  return { nodeName, algorithmName, input };
};
const numbers = (length: number) => Array.from({ length }, (_, index) => index + 1);
const sum = (values: readonly Json[]): number => {
  return values.reduce<number>((total, value) => total + (typeof value === 'number' ? value : 0), 0);
};

interface Ended {
  readonly result: ResultBody;
  readonly progress: readonly ProgressBody[];
  readonly events: number;
}

/** Some of so many nodes, one of a batch of so many items. */
export function describeWideJobs(nodeCount: number, items: number): void {
  const failed = items / 100;
  describe('a wide job', function () {
    this.timeout(180_000);
    const suite = useWorker({
      algorithms: {
        'sum-alg': ({ input }) => sum(input),
        'list-alg': ({ input }) => input,
        'mix-alg': ({ input }) => ({ v: mix(input) }),
        ten: ({ input: [value] }) => {
          if (isUnlucky(Number(value))) throw new Error(`${Number(value)} is unlucky`);
          return Number(value) * 10;
        },
        /** Ends after the task that its second input names. */
        'after-alg': async ({ input: [value, after], taskId }, { signal }) => {
          if (typeof after === 'string') await gate.wait(after, signal);
          ended.push(taskId);
          gate.open(taskId);
          if (value === 'fail') throw new Error('told to fail');
          return value;
        },
      },
    });
    const listen = useReceiver();

    /**
     * Runs a pipeline to its end, and checks what was told of it on the way.
     *
     * @returns with `events` the length of its history, infinite where one run did not hold it
     */
    async function run(pipeline: Pipeline, progressIntervalMs = 200): Promise<Ended> {
      const receiver = await listen();
      const options = { ...pipeline.options, progressVerbosityLevel: 'debug' };
      const handle = await suite.start({ ...pipeline, webhooks: receiver.webhooks, options }, { progressIntervalMs });
      const result = await handle.result();
      await receiver.until(({ results, progress }) => results.length === 1 && progress.at(-1)?.status === 'completed');
      expect(receiver.results).to.deep.equal([result]);
      expect(await handle.status()).to.deep.equal(receiver.progress.at(-1));
      checkProgress(receiver.progress, pipeline.nodes.length);
      const { historyLength, runId, raw } = await suite.client.workflow.getHandle(handle.jobId).describe();
      const isFirst = raw.workflowExecutionInfo?.firstRunId === runId;
      return { result, progress: receiver.progress, events: isFirst ? historyLength : Infinity };
    }

    it(`of a chain of ${String(nodeCount)} nodes counts to its end`, async () => {
      const nodes = numbers(nodeCount).map((n) =>
        node(`n${String(n)}`, 'sum-alg', n === 1 ? 1 : `@n${String(n - 1)}`, 1),
      );
      const { result, progress } = await run({ name: 'chain', nodes });
      expect(result.data).to.deep.equal([
        { nodeName: nodes.at(-1)?.nodeName, algorithmName: 'sum-alg', result: nodeCount + 1 },
      ]);
      expectTasks(progress, nodeCount);
    });

    it(`of a fan of one, ${String(nodeCount - 2)} and one node gathers all`, async () => {
      const leaves = numbers(nodeCount - 2).map((n) => node(`leaf${String(n)}`, 'sum-alg', '@first', n));
      const last = node('last', 'list-alg', ...leaves.map(({ nodeName }) => `@${nodeName}`));
      const { result, progress } = await run({
        name: 'fan',
        nodes: [node('first', 'sum-alg', 1_000), ...leaves, last],
      });
      const gathered = numbers(nodeCount - 2).map((n) => 1_000 + n);
      expect(result.data).to.deep.equal([{ nodeName: 'last', algorithmName: 'list-alg', result: gathered }]);
      expectTasks(progress, nodeCount);
    });

    it(`of a random graph of ${String(nodeCount)} nodes answers for each what its parents' answers make`, async () => {
      const { nodes, entries } = layeredGraph(nodeCount, 20, 20180116);
      expect(nodes).to.have.length(nodeCount);
      const { result, progress } = await run({ name: 'layers', nodes });
      expect(result.data).to.deep.equal(entries);
      expectTasks(progress, entries.length);
    });

    it(`of a batch of ${String(items)} items answers each in its place, failed ones too, in a short history`, async () => {
      // Short names: Temporal writes a warning about payloads over half a megabyte.
      const green = { ...node('g', 'ten', `#[1...${String(items)}]`), includeInResults: true };
      const nodes = [green, node('all', 'list-alg', '@g')];
      const { result, progress, events } = await run({ name: 'batch', nodes, options: { batchTolerance: 2 } }, 1_000);
      const entries = numbers(items).map((n) => ({
        nodeName: 'g',
        batchID: `g#${String(n)}`,
        algorithmName: 'ten',
        ...(isUnlucky(n) ? { error: `${String(n)} is unlucky` } : { result: n * 10 }),
      }));
      const gathered = numbers(items).map((n) => (isUnlucky(n) ? null : n * 10));
      expect(gathered.filter((value) => value === null)).to.have.length(failed);
      expect(result.data).to.deep.equal([
        ...entries,
        { nodeName: 'all', algorithmName: 'list-alg', result: [gathered] },
      ]);
      const counts = `${String(items + 1 - failed)} succeed, ${String(failed)} failed`;
      expect(progress.at(-1)?.data?.details).to.equal(`100.00% completed, ${counts}`);
      expect(events).to.be.lessThan(items);
    });

    it('lists its entries in node order, then index order, in whichever order they ended', async () => {
      const { result } = await run({
        name: 'order',
        nodes: [
          node('late', 'after-alg', '@hidden', 'early'),
          { ...node('many', 'after-alg', '#[1,2,3]', '#["many#2","many#3",null]'), includeInResults: true },
          node('hidden', 'after-alg', 'h'),
          node('none', 'after-alg', '#[]'),
          node('failing', 'after-alg', '#[f,fail,g]', '#["failing#2","many#1","failing#1"]'),
          node('early', 'after-alg', '@many', 'failing#3'),
        ],
      });
      const order = ['many#3', 'many#2', 'many#1', 'failing#2', 'failing#1', 'failing#3', 'early', 'late'];
      expect(ended.filter((taskId) => taskId !== 'hidden')).to.deep.equal(order);
      const entry = (nodeName: string, outcome: object, item?: number) => {
        const batch = item === undefined ? {} : { batchID: `${nodeName}#${String(item)}` };
        return { nodeName, ...batch, algorithmName: 'after-alg', ...outcome };
      };
      expect(result.data).to.deep.equal([
        entry('late', { result: 'h' }),
        ...[1, 2, 3].map((item) => entry('many', { result: item }, item)),
        entry('failing', { result: 'f' }, 1),
        entry('failing', { error: 'told to fail' }, 2),
        entry('failing', { result: 'g' }, 3),
        entry('early', { result: [1, 2, 3] }),
      ]);
    });
  });
}

/** What a job that succeeds throughout tells at its end. */
function expectTasks(progress: readonly ProgressBody[], count: number): void {
  expect(progress.at(-1)?.data).to.deep.equal({
    progress: '100.00',
    details: `100.00% completed, ${String(count)} succeed`,
  });
}

/**
 * Each event has the percentage that its own counts make, and they are of all tasks, where a node that is not expanded yet
 * counts as one; what has finished stays so, and none says the end before it.
 */
function checkProgress(progress: readonly ProgressBody[], nodes: number): void {
  const [pending, started, ...rest] = progress;
  expect([pending?.status, started?.status]).to.deep.equal(['pending', 'active']);
  expect([pending?.data, started?.data]).to.deep.equal([undefined, undefined]);
  expect(rest.length).to.be.greaterThan(1);
  const counted = rest.map(({ data }) => countsOf(data?.details ?? ''));
  counted.forEach(({ all, finished }, position) => {
    const { status, level, data, tasks } = rest[position] ?? {};
    const isLast = position === rest.length - 1;
    expect(status).to.equal(isLast ? 'completed' : 'active');
    expect(level).to.equal(isLast ? 'info' : tasks === undefined ? 'debug' : 'warn');
    expect(all).to.be.within(nodes, counted.at(-1)?.all ?? 0);
    expect(finished).to.be.within(counted[position - 1]?.finished ?? 0, isLast ? all : all - 1);
    const percent = isLast ? '100.00' : Math.min((finished / all) * 100, 99.99).toFixed(2);
    expect(data?.progress).to.equal(percent);
    expect(data?.details.startsWith(`${percent}% completed, `)).to.equal(true);
  });
  expect(counted.at(-1)?.finished).to.equal(counted.at(-1)?.all);
}

function countsOf(details: string): { all: number; finished: number } {
  const counts = [...details.matchAll(/, (\d+) (\w+)/g)].map(([, count, status = '']) => ({
    count: Number(count),
    status,
  }));
  const finished = counts.filter(({ status }) => ['succeed', 'failed', 'skipped'].includes(status));
  return { all: sum(counts.map(({ count }) => count)), finished: sum(finished.map(({ count }) => count)) };
}

/** One item in a hundred. */
function isUnlucky(item: number): boolean {
  return item % 100 === 37;
}

const PRIME = 1_000_003;

/** One number from all that are in `value`; their order counts too. */
function mix(value: Json): number {
  if (typeof value === 'number') return value;
  const parts = Array.isArray(value) ? (value as readonly Json[]) : [];
  return parts.reduce<number>((total, part) => (total * 31 + mix(part) + 7) % PRIME, 1);
}

interface Graph {
  readonly nodes: readonly PipelineNode[];
  /** What the result must say, worked out beside the engine. */
  readonly entries: readonly object[];
}

/** Nodes in layers, each reading up to three of earlier layers, in an order that has nothing to do with that. */
function layeredGraph(size: number, layers: number, seed: number): Graph {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const outputs: { nodeName: string; v: number | number[] }[] = [];
  const nodes: (PipelineNode & { entries: readonly object[] })[] = [];
  while (nodes.length < size) {
    const earlier = outputs.slice(0, Math.floor((nodes.length * layers) / size) * Math.floor(size / layers));
    const nodeName = `n${String(nodes.length)}`;
    const input: Json[] = [nodes.length];
    let batch: { position: number; elements: readonly number[] } | undefined;
    const args: Json[] = [nodes.length];
    const read = (form: string, value: Json, elements?: readonly number[]): void => {
      if (elements !== undefined) batch = { position: input.length, elements };
      input.push(form);
      args.push(value);
    };
    for (let parents = earlier.length === 0 ? 0 : 1 + below(3); parents > 0; parents--) {
      const parent = earlier[below(earlier.length)];
      if (parent === undefined) break;
      const expands = typeof parent.v !== 'number' && batch === undefined && below(3) === 0;
      if (expands) read(`${below(2) === 0 ? '#@' : '*@'}${parent.nodeName}.v`, null, parent.v as number[]);
      else read(`@${parent.nodeName}.v`, parent.v);
    }
    if (batch === undefined && below(20) === 0) read('#[1...3]', null, [1, 2, 3]);
    const answers = (batch?.elements ?? [null]).map((element) =>
      mix(args.with(batch?.position ?? 0, element ?? args[0] ?? 0)),
    );
    outputs.push({ nodeName, v: batch === undefined ? (answers[0] ?? 0) : answers });
    nodes.push({
      ...node(nodeName, 'mix-alg', ...input),
      includeInResults: true,
      entries: answers.map((v, index) => {
        const item = batch === undefined ? {} : { batchID: `${nodeName}#${String(index + 1)}` };
        return { nodeName, ...item, algorithmName: 'mix-alg', result: { v } };
      }),
    });
  }
  const written = nodes.map((one) => ({ one, at: random() })).sort((one, other) => one.at - other.at);
  return {
    nodes: written.map(({ one: { entries, ...rest } }) => rest),
    entries: written.flatMap(({ one }) => one.entries),
  };
}

/** Mulberry32: the same numbers at each run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
