// What a TypeScript team writes against each entry. It is type-checked only, under every way of resolving modules.
import type { Client } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import {
  PipelineClient,
  PipelineError,
  type PipelineErrorCode,
  type Pipeline,
  type ResultBody,
} from 'temporal-pipelines';
import type { Algorithms } from 'temporal-pipelines/activities';
import { PipelineClient as FromClient, PipelineError as ClientError, type JobHandle } from 'temporal-pipelines/client';
import { PipelinesPlugin, type PipelinesPluginOptions } from 'temporal-pipelines/plugin';
import { verify, WebhookVerificationError } from 'temporal-pipelines/webhooks';
import { deliverWebhook, runPipeline } from 'temporal-pipelines/workflows';

const algorithms: Algorithms = {
  double: ({ input: [value] }) => Number(value) * 2,
  careful: { concurrency: 4, run: async ({ input }, { signal }) => (signal.aborted ? null : input.length) },
};
const options: PipelinesPluginOptions = { algorithms, webhooks: { concurrency: 10 } };
export const worker: WorkerOptions = { taskQueue: 'pipelines', plugins: [new PipelinesPlugin(options)] };

const pipeline: Pipeline = { name: 'typed', nodes: [{ nodeName: 'one', algorithmName: 'double', input: ['#[1,2]'] }] };

export async function run(client: Client): Promise<ResultBody | PipelineErrorCode> {
  const pipelines: FromClient = new PipelineClient(client);
  try {
    const handle: JobHandle = await pipelines.start(pipeline);
    return await handle.result();
  } catch (error) {
    if (error instanceof PipelineError && error instanceof ClientError) return advise(error.code);
    throw error;
  }
}

/** Compiles only where `code` is a closed union that has exactly these members. */
function advise(code: PipelineErrorCode): PipelineErrorCode {
  switch (code) {
    case 'InvalidPipeline':
    case 'NotFound':
    case 'WrongState':
    case 'Conflict':
    case 'Unavailable':
    case 'LimitReached':
      return code;
    default:
      return code satisfies never;
  }
}

export function receive(body: string, headers: Headers): unknown {
  try {
    return verify(body, headers, 'whsec_');
  } catch (error) {
    return error instanceof WebhookVerificationError ? error.code : undefined;
  }
}

export const workflows: [string, string] = [runPipeline.name, deliverWebhook.name];

// @ts-expect-error a pipeline has nodes
export const wrong: Pipeline = { name: 'typed' };
// @ts-expect-error there is no such code
export const unknown: PipelineErrorCode = 'Oops';
