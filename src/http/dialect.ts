/** What the facade answers of jobs, in the dialect that it speaks (`domain/dialect.ts`). */
import type { TSchema } from '@sinclair/typebox';
import type { JsonText } from '../blobs/job-results';
import type { JobHandle } from '../client';
import { toHkubeResults, toHkubeStatus, type Dialect } from '../domain/dialect';
import { formatTimestamp, type ProgressBody, type ResultBody } from '../domain/events';
import { hkubeWebhookList, hkubeWebhookStatus, webhookList, webhookStatus } from './schemas/answers';
import { progressBody, resultBody } from './schemas/bodies';
import { hkubeProgressBody, hkubeResultBody, hkubeResults, hkubeStatus } from './schemas/hkube-bodies';

/** How jobs are told of, and by which schemas. */
export interface JobAnswers {
  readonly dialect: Dialect;
  readonly schemas: {
    /** Of `GET /exec/status` and `GET /exec/results`. */
    readonly status: TSchema;
    readonly results: TSchema;
    /** Of the webhooks. */
    readonly progressWebhook: TSchema;
    readonly resultWebhook: TSchema;
    /** Of `GET /webhooks/status` and `/webhooks/list`. */
    readonly webhook: TSchema;
    readonly webhooks: TSchema;
  };
  /** @throws PipelineError as `JobHandle.status` */
  readonly status: (job: JobHandle) => Promise<object>;
  /**
   * @returns the body, or where it is large what is JSON already
   * @throws PipelineError as `JobHandle.ended`
   */
  readonly results: (job: JobHandle) => Promise<object | JsonText>;
  /** The same of what was read already; `submittedAt` is in epoch milliseconds. */
  readonly toStatus: (body: ProgressBody, submittedAt: number) => object;
  /** Without its data. */
  readonly toResults: (body: Omit<ResultBody, 'data'>, submittedAt: number) => object;
  /** A time that no webhook tells. */
  readonly time: (epochMs: number) => string | number;
}

/** @param dialect default the contract's */
export function answersIn(dialect: Dialect = 'contract'): JobAnswers {
  return dialect === 'hkube' ? HKUBE : CONTRACT;
}

const CONTRACT: JobAnswers = {
  dialect: 'contract',
  schemas: {
    status: progressBody,
    results: resultBody,
    progressWebhook: progressBody,
    resultWebhook: resultBody,
    webhook: webhookStatus,
    webhooks: webhookList,
  },
  status: (job) => job.status(),
  async results(job) {
    return (await job.ended()).bodyOrText();
  },
  toStatus: (body) => body,
  toResults: (body) => body,
  time: formatTimestamp,
};

const HKUBE: JobAnswers = {
  dialect: 'hkube',
  schemas: {
    status: hkubeStatus,
    results: hkubeResults,
    progressWebhook: hkubeProgressBody,
    resultWebhook: hkubeResultBody,
    webhook: hkubeWebhookStatus,
    webhooks: hkubeWebhookList,
  },
  async status(job) {
    const [body, submittedAt] = await Promise.all([job.status(), job.startTime()]);
    return toHkubeStatus(body, submittedAt);
  },
  async results(job) {
    const [ended, submittedAt] = await Promise.all([job.ended(), job.startTime()]);
    return ended.hkubeBodyOrText(submittedAt);
  },
  toStatus: toHkubeStatus,
  toResults: toHkubeResults,
  time: (epochMs) => epochMs,
};
