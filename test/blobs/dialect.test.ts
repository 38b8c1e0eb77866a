import { expect } from 'chai';
import { JobResults, type JsonText, type ResultData } from '../../src/blobs/job-results';
import { openBlobs } from '../../src/blobs/open-blobs';
import { toHkubeEntry, toHkubeResults } from '../../src/domain/dialect';
import type { ResultBody } from '../../src/domain/events';
import type { ResultPart } from '../../src/domain/result-parts';
import { useFolders } from '../support/blob-stores';

const SUBMITTED = Date.UTC(2018, 0, 16, 14, 47, 0);
const head = {
  jobId: 'batch:1',
  timestamp: '2018-01-16T14:47:04.142Z',
  pipeline: 'batch',
  status: 'completed',
} as const;

async function parsed(text: JsonText): Promise<unknown> {
  let whole = '';
  for await (const chunk of text) whole += String(chunk);
  return JSON.parse(whole);
}
const dataOf = async (found: ResultData | undefined): Promise<unknown> =>
  found?.text === undefined ? found?.value : await parsed(found.text);

describe("results in HKube's dialect", () => {
  const newFolder = useFolders();

  it('are streamed as they would be answered at once', async () => {
    const store = await openBlobs({ dataDir: await newFolder() });
    const large = await store.put('job/large', JSON.stringify('x'.repeat(1_000)));
    const lines = await store.put('job/lines', '{"result":1}\n{"error":"boom"}\n');
    const green = { nodeName: 'green', algorithmName: 'green-alg' };
    const white = { nodeName: 'white', algorithmName: 'black-alg' };
    const parts: ResultPart[] = [
      {
        ...green,
        isBatch: true,
        runs: [
          { first: 0, blob: lines, line: 0, count: 2 },
          { first: 2, outcomes: [{ blob: large }] },
        ],
      },
      { ...white, isBatch: false, runs: [{ first: 0, outcomes: [{ result: null }] }] },
    ];
    const whole: ResultBody = {
      ...head,
      data: [
        { ...green, batchID: 'green#1', result: 1 },
        { ...green, batchID: 'green#2', error: 'boom' },
        { ...green, batchID: 'green#3', result: 'x'.repeat(1_000) },
        { ...white, result: null },
      ],
    };
    const streamed = new JobResults({ results: { ...head, data: [] }, parts }, store);
    const atHand = new JobResults({ results: whole }, undefined);
    const expected = toHkubeResults(whole, SUBMITTED);
    const found = streamed.hkubeBodyOrText(SUBMITTED);
    expect(Symbol.asyncIterator in found && (await parsed(found))).to.deep.equal(expected);
    expect(atHand.hkubeBodyOrText(SUBMITTED)).to.deep.equal(expected);
    for (const results of [streamed, atHand]) {
      expect(await dataOf(await results.data('node-0', 'hkube'))).to.deep.equal(
        whole.data?.slice(0, 3).map(toHkubeEntry),
      );
      expect(await dataOf(await results.data('node-0'))).to.deep.equal(whole.data?.slice(0, 3));
      expect(await dataOf(await results.data('entry-2', 'hkube'))).to.equal('x'.repeat(1_000));
      expect(await dataOf(await results.data('entry-3', 'hkube'))).to.equal(null);
      expect(await results.data('node-7', 'hkube')).to.equal(undefined);
    }
    await store.close();
  });
});
