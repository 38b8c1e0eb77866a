import { expect } from 'chai';
import { after } from 'mocha';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithms } from '../../activities';
import { openFileBlobs } from '../../src/blobs/files';
import type { ResultEntry } from '../../src/domain/events';
import { useReceiver, useWorker } from '../support/suite';

const ITEMS = 30_000;
const isUnlucky = (value: number): boolean => value % 1_000 === 7;

const algorithms: Algorithms = {
  tenfold: ({ input: [value] }) => {
    if (isUnlucky(Number(value))) throw new Error('unlucky');
    return Number(value) * 10;
  },
};

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

  it('is made without reading them, and its one reference has as many bytes as it says', async () => {
    const receiver = await listen();
    const nodes = [{ nodeName: 'green', algorithmName: 'tenfold', input: [`#[1...${String(ITEMS)}]`] }];
    const dataUrl = 'https://example.org/data/{ref}';
    const job = await suite.start({ name: 'folded', nodes, webhooks: receiver.webhooks }, { dataUrl });
    const expected = Array.from({ length: ITEMS }, (_, index): ResultEntry => {
      const value = index + 1;
      const head = { nodeName: 'green', batchID: `green#${String(value)}`, algorithmName: 'tenfold' };
      return isUnlucky(value) ? { ...head, error: 'unlucky' } : { ...head, result: value * 10 };
    });
    const whole = await job.result();
    expect(whole.data).to.deep.equal(expected);

    const text = JSON.stringify(expected);
    await receiver.until(({ results }) => results.length === 1);
    const [sent] = receiver.results;
    const info = { isBigData: true, size: Buffer.byteLength(text), url: 'https://example.org/data/node-0' };
    expect(sent).to.deep.equal({ ...whole, data: [{ nodeName: 'green', algorithmName: 'tenfold', info }] });
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
    expect(activities.length).to.be.below(100);
  });
});
