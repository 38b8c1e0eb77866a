/** Starts stored pipelines from within a worker, as the facade does from within its process. */
import type { Client } from '@temporalio/client';
import { createFindTriggered, createStartStored, type Activities } from '../activities';
import type { BlobStore } from './blobs/blobs';
import { MAX_STORED_BYTES } from './blobs/flow-input';
import type { JobResults } from './blobs/job-results';
import { keyedJobId, PipelineClient, type JobType, type PipelineClientOptions } from './client';
import type { AlgorithmDefinition } from './domain/algorithm-definition';
import { invalid, PipelineError } from './domain/errors';
import type { ResultBody } from './domain/events';
import { isJsonObject, type Json, type JsonObject } from './domain/json';
import type { Pipeline } from './domain/pipeline';
import type { StoredPipelines, StoredStart, TriggeringJob } from './domain/stored-start';
import { Starter } from './starter';
import { createRegistryReader } from './temporal/registry';
import { resolveAlgorithms } from './temporal/resolve-algorithms';

/** What a worker must know to start what was stored elsewhere. */
export interface StoredOptions {
  /** Where pipelines are stored. */
  readonly pipelines: StoredPipelines;
  /** Looks algorithms up that are stored as well. @default none is */
  readonly algorithms?: (names: readonly string[]) => Promise<readonly AlgorithmDefinition[]>;
  /** Whether there is an experiment of this name; not asked for `main`, which there always is. @default there is any */
  readonly hasExperiment?: (name: string) => Promise<boolean>;
  /** What each job is started with: the same as of the client that starts the others. @default see `JobSettings` */
  readonly client?: Pick<PipelineClientOptions, 'settings' | 'dataUrl'>;
}

const TYPES: Record<StoredStart['kind'], readonly JobType[]> = {
  cron: ['stored', 'internal', 'cron'],
  trigger: ['internal', 'stored', 'trigger'],
};

/** The activities by which workflows know and start stored pipelines; without `stored` they know none. */
export function storedActivities(
  stored: StoredOptions | undefined,
  blobs: BlobStore | undefined,
): Pick<Activities, 'findTriggered' | 'startStored'> {
  return {
    findTriggered: createFindTriggered(stored?.pipelines),
    startStored: createStartStored(stored && createStart(stored, blobs)),
  };
}

interface Jobs {
  readonly pipelines: PipelineClient;
  readonly starter: Starter;
}

function createStart(
  stored: StoredOptions,
  blobs: BlobStore | undefined,
): (client: Client, taskQueue: string, request: StoredStart) => Promise<string> {
  const known = new WeakMap<Client, Jobs>();
  return async (client, taskQueue, { name, key, kind, parent }) => {
    const jobs = known.get(client) ?? createJobs(client, taskQueue, stored, blobs);
    known.set(client, jobs);
    const data = parent === undefined ? undefined : await readParent(jobs.pipelines, parent.jobId);
    const given = {
      idempotencyKey: key,
      types: TYPES[kind],
      ...(parent !== undefined && {
        origin: { parentJobId: parent.jobId, rootJobId: parent.rootJobId },
        triggeredBy: parent.chain,
      }),
    };
    try {
      const { jobId } = await jobs.starter.startStored({ name }, given, (pipeline) =>
        parent === undefined ? {} : inherit(pipeline, parent, data ?? []),
      );
      return jobId;
    } catch (error) {
      // It was started, and what is stored has changed since.
      if (error instanceof PipelineError && error.code === 'Conflict') return keyedJobId(name, key);
      throw error;
    }
  };
}

function createJobs(client: Client, taskQueue: string, stored: StoredOptions, blobs: BlobStore | undefined): Jobs {
  const { hasExperiment, client: { settings } = {} } = stored;
  const pipelines = new PipelineClient(client, {
    ...stored.client,
    taskQueue,
    // What it starts may trigger others in turn.
    settings: { ...settings, triggeredBy: [] },
    ...(blobs !== undefined && { blobs }),
  });
  const sources = {
    registry: createRegistryReader(client, taskQueue),
    stored: {
      getMany: async (names: readonly string[]) =>
        ((await stored.algorithms?.(names)) ?? []).map((definition) => ({ definition })),
    },
    taskQueue,
  };
  const starter = new Starter({
    pipelines,
    stored: {
      get: async (name) => {
        const definition = await stored.pipelines.get(name);
        return definition && { definition };
      },
    },
    resolve: async (pipeline) => ({ homes: await resolveAlgorithms(pipeline, sources) }),
    ...(hasExperiment && { hasExperiment }),
  });
  return { pipelines, starter };
}

/** What a triggered job has of its parent: the tags beside its own, and the result as `flowInput.parent`. */
function inherit({ tags = [], flowInput }: Pipeline, parent: TriggeringJob, data: Json): JsonObject {
  const all = [...new Set([...tags, ...parent.tags])];
  return {
    ...(all.length > 0 && { tags: all }),
    flowInput: { ...(isJsonObject(flowInput) && flowInput), parent: data },
  };
}

/** @throws PipelineError where it did not complete: then it triggers nothing */
async function readParent(pipelines: PipelineClient, jobId: string): Promise<Json> {
  const { status, data } = await readWithin(await pipelines.getHandle(jobId).untilEnded());
  if (status !== 'completed') throw new PipelineError('WrongState', `${jobId} is ${status}, and triggers nothing`);
  return (data ?? []) as unknown as Json;
}

async function readWithin(results: JobResults): Promise<ResultBody> {
  const found = results.bodyOrText();
  if (!(Symbol.asyncIterator in found)) return found;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of found) {
    const buffer = Buffer.from(chunk as Buffer);
    bytes += buffer.byteLength;
    if (bytes > MAX_STORED_BYTES) {
      throw invalid(`flowInput.parent should NOT be larger than ${String(MAX_STORED_BYTES)} bytes`);
    }
    chunks.push(buffer);
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as ResultBody;
}
