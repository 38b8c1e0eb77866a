/** What every job is started with, whoever starts it: the facade, or a worker at a pipeline's time. */
import type { BlobStore } from '../blobs/blobs';
import type { PipelineClientOptions } from '../client';
import type { Config } from '../config';
import { createResultUrls, type ResultUrls } from '../http/result-urls';

export interface ClientOptions extends PipelineClientOptions {
  readonly resultUrls: ResultUrls;
}

export function clientOptions(config: Config, blobs: BlobStore): ClientOptions {
  const resultUrls = createResultUrls(config.publicUrl, config.secretKeys);
  return {
    taskQueue: config.taskQueue,
    settings: {
      progressIntervalMs: config.webhookProgressInterval,
      progressTimeoutMs: config.webhookProgressTimeout,
      attemptTimeoutMs: config.webhookAttemptTimeout,
      retryScheduleMs: config.webhookRetrySchedule,
      deliveryRetentionMs: config.deliveryRetention,
      algorithmWaitMs: config.algorithmWait,
      maxBatch: config.maxBatch,
      inlineLimit: config.webhookInlineLimit,
      // A worker of an earlier version refuses what it does not know.
      ...(config.pipelinesDialect !== 'contract' && { dialect: config.pipelinesDialect }),
      // There is a store, in which others may be triggered by it.
      triggeredBy: [],
    },
    dataUrl: (jobId) => resultUrls.templateFor(jobId),
    blobs,
    resultUrls,
  };
}
