/** A worker in a process of its own, whose memory is its alone, and jobs for it. */
import { after, before } from 'mocha';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BlobStore } from '../../src/blobs/blobs';
import { openBlobs } from '../../src/blobs/open-blobs';
import { PipelineClient, type JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { peakBytes } from './measured-process';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from './temporal';
import { WorkerProcess } from './worker-process';

const ALGORITHMS = resolve(__dirname, 'algorithms/scale.ts');

interface Parts {
  readonly dataDir: string;
  readonly blobs: BlobStore;
  readonly temporal: TestTemporal;
  readonly pipelines: PipelineClient;
  readonly process: WorkerProcess;
}

export interface MeasuredWorker {
  /** @returns a job of it once it has ended, of whose results nothing was read */
  run(pipeline: Pipeline): Promise<JobHandle>;
  /** The most memory that its process has had resident since it began, in bytes. */
  peak(): Promise<number>;
}

/** One that is started before the first test of a `describe` and ended after the last. */
export function useMeasuredWorker(): MeasuredWorker {
  let parts: Parts | undefined;
  const started = (): Parts => {
    if (parts === undefined) throw new Error('the worker is there only while tests run');
    return parts;
  };
  before('start a worker process', async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    const temporal = await sharedTemporal();
    const taskQueue = `test-${randomUUID()}`;
    const dataDir = await mkdtemp(join(tmpdir(), 'measured-'));
    const blobs = await openBlobs({ dataDir });
    const { address } = temporal;
    const process = WorkerProcess.spawn({ address, taskQueue, algorithms: ALGORITHMS, dataDir });
    parts = { dataDir, blobs, temporal, pipelines: new PipelineClient(temporal.client, { taskQueue, blobs }), process };
    await process.ready;
  });
  after('end the worker process', async function () {
    this.timeout(120_000);
    await parts?.process.kill();
    await parts?.blobs.close();
    if (parts !== undefined) await rm(parts.dataDir, { recursive: true });
  });
  return {
    async run(pipeline) {
      const { pipelines, temporal } = started();
      const job = await pipelines.start(pipeline);
      await temporal.client.workflow.getHandle(job.jobId).result();
      return job;
    },
    peak: () => peakBytes(started().process.pid),
  };
}
