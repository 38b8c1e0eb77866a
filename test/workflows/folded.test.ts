import { expect } from 'chai';
import { after } from 'mocha';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlgorithmFunction, Algorithms } from '../../activities';
import { openFileBlobs } from '../../src/blobs/files';
import type { ResultEntry } from '../../src/domain/events';
import { useReceiver, useWorker } from '../support/suite';

const isUnlucky = (value: number): boolean => value % 1_000 === 7;

const tenfold: AlgorithmFunction = ({ input: [value] }) => {
  if (isUnlucky(Number(value))) throw new Error('unlucky');
  return Number(value) * 10;
};
const algorithms: Algorithms = { tenfold, 'small-tenfold': { blockSize: 100, run: tenfold } };

describe('a result of tens of thousands of small entries', () => {
  let directory = '';
  const suite = useWorker(async () => {
    directory = await mkdtemp(join(tmpdir(), 'folded-'));
    return { algorithms, blobs: await openFileBlobs(directory) };
  });
  const listen = useReceiver();
  after(async () => {
    await rm(directory, { recursive: true });
  });

  for (const [what, algorithmName, items] of [
    ['', 'tenfold', 30_000],
    // Their blocks answer so little that the job has it written down.
    [' of small blocks', 'small-tenfold', 70_000],
  ] as const) {
    it(`is made without reading them${what}, and its one reference has as many bytes as it says`, async () => {
      const receiver = await listen();
      const nodes = [{ nodeName: 'green', algorithmName, input: [`#[1...${String(items)}]`] }];
      const dataUrl = 'https://example.org/data/{ref}';
      const job = await suite.start({ name: 'folded', nodes, webhooks: receiver.webhooks }, { dataUrl });
      const expected = Array.from({ length: items }, (_, index): ResultEntry => {
        const value = index + 1;
        const head = { nodeName: 'green', batchID: `green#${String(value)}`, algorithmName };
        return isUnlucky(value) ? { ...head, error: 'unlucky' } : { ...head, result: value * 10 };
      });
      const whole = await job.result();
      expect(whole.data).to.deep.equal(expected);

      const text = JSON.stringify(expected);
      await receiver.until(({ results }) => results.length === 1);
      const [sent] = receiver.results;
      const info = { isBigData: true, size: Buffer.byteLength(text), url: 'https://example.org/data/node-0' };
      expect(sent).to.deep.equal({ ...whole, data: [{ nodeName: 'green', algorithmName, info }] });
      const found = await (await job.ended()).data('node-0');
      const chunks: Buffer[] = [];
      for await (const chunk of found?.text ?? []) chunks.push(Buffer.from(chunk as Buffer));
      expect(Buffer.concat(chunks).toString()).to.equal(text);

      const { events } = await suite.client.workflow.getHandle(job.jobId).fetchHistory();
      const activities = (events ?? []).flatMap((event) => {
        return event.activityTaskScheduledEventAttributes?.activityType?.name ?? [];
      });
      expect(new Set(activities)).not.to.include('writeResult');
      // A busy machine has blocks give a part back.
      if (algorithmName === 'tenfold') expect(activities.length).to.be.below(100);
      const kept = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('-kept'));
      expect(kept.length > 0).to.equal(algorithmName === 'small-tenfold');
    });
  }
});
