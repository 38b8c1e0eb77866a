import { expect } from 'chai';
import { after, before } from 'mocha';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ResultBody } from '../../src/domain/events';
import { compiled } from '../support/compiled';
import { Child, peakBytes, resetPeak } from '../support/measured-process';
import { useReceiver } from '../support/suite';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

// Contract §5, in processes of their own, whose memory is theirs alone.

const MAIN = resolve(__dirname, '../../src/cli/main.ts');
const ALGORITHMS = resolve(__dirname, '../support/algorithms/large.ts');
const MB = 1_000_000;
const SIZE = 50 * MB;
const MOST = 150 * MB;

describe('a result of 50 MB', function () {
  this.timeout(90_000);
  const listen = useReceiver();
  let dataDir = '';
  let worker: Child | undefined;
  let facade: Child | undefined;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    const { address } = await sharedTemporal();
    dataDir = await mkdtemp(join(tmpdir(), 'big-memory-'));
    const env = {
      TEMPORAL_ADDRESS: address,
      TASK_QUEUE: `test-${randomUUID()}`,
      ALGORITHMS: compiled(ALGORITHMS),
      DATA_DIR: dataDir,
      WEBHOOK_ALLOW: '127.0.0.0/8',
      LOG_LEVEL: 'error',
      PORT: '0',
    };
    const start = (command: string) => Child.start(compiled(MAIN), [command], env);
    [worker, facade] = await Promise.all([start('worker'), start('serve')]);
  });
  after(async () => {
    await Promise.all([worker?.stop(), facade?.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  });

  const url = (path: string): string => `${facade?.ready.url ?? ''}/api/v1${path}`;

  async function run(length: number): Promise<{ jobId: string; sent: ResultBody }> {
    const to = await listen();
    const nodes = [{ nodeName: 'large', algorithmName: 'text', input: [length] }];
    const answer = await fetch(url('/exec/raw'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'big', nodes, webhooks: { result: to.webhooks.result } }),
    });
    const { jobId } = (await answer.json()) as { jobId: string };
    await to.until(({ results }) => results.length === 1, 60_000);
    return { jobId, sent: JSON.parse(to.arrivedOn('/result')[0]?.text ?? '') as ResultBody };
  }

  async function read(path: string): Promise<{ bytes: number; hash: string }> {
    const hash = createHash('sha256');
    let bytes = 0;
    const { body } = await fetch(url(path), { headers: { 'accept-encoding': 'identity' } });
    for await (const chunk of body ?? []) {
      hash.update(chunk as Uint8Array);
      bytes += (chunk as Uint8Array).byteLength;
    }
    return { bytes, hash: hash.digest('hex') };
  }

  it('travels as an address, and costs worker and facade at most 150 MB each', async () => {
    if (worker === undefined || facade === undefined) throw new Error('a process is missing');
    // What any job and any request cost for the first time is not the size's.
    const { jobId: small } = await run(100_000);
    await read(`/exec/results/${encodeURIComponent(small)}/data/entry-0`);
    const before = await Promise.all(
      [worker, facade].map(async ({ pid }) => {
        await resetPeak(pid);
        return await peakBytes(pid);
      }),
    );
    const { jobId, sent } = await run(SIZE);
    const [large] = sent.data ?? [];
    expect(large?.info).to.include({ isBigData: true, size: SIZE + 2 });
    const expected = createHash('sha256')
      .update(`"${'x'.repeat(SIZE)}"`)
      .digest('hex');
    const data = await read(`/exec/results/${encodeURIComponent(jobId)}/data/entry-0`);
    expect(data).to.deep.equal({ bytes: SIZE + 2, hash: expected });
    const whole = await read(`/exec/results/${encodeURIComponent(jobId)}`);
    expect(whole.bytes).to.be.within(SIZE, SIZE + 1_000);
    const grown = await Promise.all(
      [worker, facade].map(async ({ pid }, index) => (await peakBytes(pid)) - (before[index] ?? 0)),
    );
    for (const [index, name] of ['worker', 'facade'].entries()) {
      expect(grown[index], `${name}: ${String(Math.round((grown[index] ?? 0) / MB))} MB`).to.be.at.most(MOST);
    }
  });
});
