// The package's front door. Workers take `./plugin`, callers `./client`, receivers `./webhooks`, and a worker with
// workflows of its own `./workflows`, which is all that may be imported inside the sandbox.
export type {
  Algorithm,
  AlgorithmArgs,
  AlgorithmContext,
  AlgorithmFunction,
  AlgorithmLog,
  AlgorithmOptions,
  Algorithms,
} from '../activities';
export { BlobError, type BlobErrorCode, type BlobStore } from './blobs/blobs';
export { JobResults, type JsonText, type ResultData } from './blobs/job-results';
export { openBlobs, type BlobOptions } from './blobs/open-blobs';
export { JobHandle, PipelineClient, type PipelineClientOptions, type StartOptions } from './client';
export type { AttemptOutcome, Attempt, AttemptError } from './domain/delivery';
export type { DeliveryRecord, DeliveryState } from './domain/delivery-record';
export type { ClientCertificate, Endpoint } from './domain/endpoint';
export { PipelineError, type PipelineErrorCode } from './domain/errors';
export type {
  ActiveNode,
  FailedTask,
  JobStatus,
  ProgressBody,
  ResultBody,
  ResultEntry,
  TaskChange,
} from './domain/events';
export type { Json, JsonObject } from './domain/json';
export type { Pipeline, PipelineNode, RetryPolicyName } from './domain/pipeline';
export type { BlobRef } from './domain/blob';
export type { JobSettings } from './domain/settings';
export type { Level } from './domain/verbosity';
export type { StoredOptions } from './stored-jobs';
export type { StoredPipelines } from './domain/stored-start';
export type { CronTrigger, Triggers } from './domain/triggers';
export { PipelinesPlugin, type PipelinesPluginOptions } from './plugin';
export type { EndpointSource } from './webhooks/endpoints';
