import { expect } from 'chai';
import { after } from 'mocha';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithms } from '../../activities';
import { openFileBlobs } from '../../src/blobs/files';
import type { ProgressBody } from '../../src/domain/events';
import { travelBytes } from '../../src/domain/big-results';
import { NEVER } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';

/** Of six bytes in JSON, and of seven where that travels within JSON: a thousand such errors are over two megabytes. */
const CONTROL = '\u0001'.repeat(400);

describe('a job of which a thousand items fail with all that a text can be', () => {
  let directory = '';
  const algorithms: Algorithms = {
    garbled: ({ input: [item] }) => {
      if (item !== 1) throw new Error(CONTROL);
      return item;
    },
  };
  // Its result is too large for a workflow as well.
  const suite = useWorker(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pipelines-'));
    return { algorithms, blobs: await openFileBlobs(directory) };
  });
  after(() => rm(directory, { recursive: true }));
  const listen = useReceiver();

  it('tells of as many as Temporal takes, and ends, also where its receiver has taken nothing', async () => {
    let isHanging = true;
    const to = await listen(({ text }) => (isHanging && text.length > 100_000 ? NEVER : 200));
    const batch = { algorithmName: 'garbled', input: ['#[1...1001]'] };
    const job = await suite.start(
      {
        name: 'garbled',
        nodes: [
          { nodeName: 'one', ...batch },
          { nodeName: 'two', ...batch, input: [...batch.input, '@one'] },
        ],
        options: { batchTolerance: 100, progressVerbosityLevel: 'trace' },
        webhooks: { progress: to.webhooks.progress },
      },
      { progressTimeoutMs: 1_000, progressIntervalMs: 200 },
    );
    expect(await job.result()).to.have.property('status', 'completed');
    isHanging = false;
    await to.until(({ progress }) => progress.at(-1)?.status === 'completed');
    const bodies = to.arrivedOn('/progress').map(({ text }) => text);
    for (const body of bodies) expect(travelBytes(body)).to.be.below(600_000);
    const told = bodies.map((body) => JSON.parse(body) as ProgressBody);
    expect(Math.max(...told.map(({ tasks = [] }) => tasks.length))).to.be.above(100);
  });
});
