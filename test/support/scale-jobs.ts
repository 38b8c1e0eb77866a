/** Jobs that are large, run to their end and checked to the last entry: the tests run them small, the soak tests at full size. */
import { expect } from 'chai';
import type { JobHandle } from '../../src/client';
import type { Json } from '../../src/domain/json';
import type { PipelineNode } from '../../src/domain/pipeline';
import { megabyteOf } from './algorithms/scale';
import type { MeasuredWorker } from './measured-worker';

/** So many items that each answer a megabyte of its own. */
export async function runMegabytes(worker: MeasuredWorker, count: number): Promise<void> {
  const node = { nodeName: 'large', algorithmName: 'megabyte', input: [`#[1...${String(count)}]`] };
  await expectEntries(await worker.run({ name: 'megabytes', nodes: [node] }), count, node, megabyteOf);
}

/** Three batches of so many items, each over the one before: every item of the last tells that of all three. */
export async function runChained(worker: MeasuredWorker, count: number): Promise<void> {
  const red = { nodeName: 'red', algorithmName: 'add', input: ['#@yellow', 2] };
  const nodes = [
    { nodeName: 'green', algorithmName: 'add', input: [`#[1...${String(count)}]`, 10_000_000] },
    { nodeName: 'yellow', algorithmName: 'add', input: ['#@green', 20_000_000] },
    red,
  ];
  await expectEntries(await worker.run({ name: 'chained', nodes }), count, red, (item) => item + 30_000_002);
}

/** Reads the one sink of a job as it is stored, in order. */
async function expectEntries(
  job: JobHandle,
  count: number,
  { nodeName, algorithmName }: PipelineNode,
  resultOf: (item: number) => Json,
): Promise<void> {
  function* expected(): Generator<string> {
    for (let item = 1; item <= count; item++) {
      const entry = { nodeName, batchID: `${nodeName}#${String(item)}`, algorithmName, result: resultOf(item) };
      yield `${item === 1 ? '[' : ','}${JSON.stringify(entry)}`;
    }
    yield ']';
  }
  const found = await (await job.ended()).data('node-0');
  if (found?.text === undefined) throw new Error('the results are not told as text');
  expect(await firstDifference(found.text, expected()), 'where the results differ from what they must be').to.equal(
    undefined,
  );
}

/** @returns where two texts differ first, in bytes; undefined where they do not. Neither is ever held as a whole */
async function firstDifference(
  actual: AsyncIterable<string | Buffer>,
  expected: Iterator<string>,
): Promise<number | undefined> {
  let piece = Buffer.alloc(0);
  let at = 0;
  for await (const chunk of actual) {
    for (let rest = Buffer.from(chunk); rest.length > 0;) {
      while (piece.length === 0) {
        const next = expected.next();
        if (next.done === true) return at;
        piece = Buffer.from(next.value);
      }
      const length = Math.min(rest.length, piece.length);
      if (!rest.subarray(0, length).equals(piece.subarray(0, length))) return at;
      at += length;
      rest = rest.subarray(length);
      piece = piece.subarray(length);
    }
  }
  return piece.length === 0 && expected.next().done === true ? undefined : at;
}
