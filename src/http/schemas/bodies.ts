/** The bodies of both webhooks, which status and results answer as well (contract §4 and §5). Keys in the order of writing. */
import { Type } from '@sinclair/typebox';
import type { JobStatus } from '../../domain/events';
import type { TaskStatus } from '../../domain/progress';
import { LEVELS } from '../../domain/verbosity';
import { anyJson, CLOSED, jobId, oneOf, timestamp } from './parts';

const JOB_STATUSES = [
  'pending',
  'active',
  'paused',
  'resumed',
  'completed',
  'failed',
  'stopped',
] as const satisfies readonly JobStatus[];

export const TASK_STATUSES = [
  'creating',
  'pending',
  'active',
  'succeed',
  'failed',
  'skipped',
  'stopped',
] as const satisfies readonly TaskStatus[];

const nodeName = Type.String();
const batchID = Type.Optional(
  Type.String({ description: '`<nodeName>#<1-based index>`; absent where the node is no batch' }),
);

const activeNode = Type.Object(
  {
    nodeName,
    algorithmName: Type.String(),
    batch: Type.Optional(
      Type.Object(
        {
          active: Type.Integer({ minimum: 0, description: 'items that have started, done ones included' }),
          total: Type.Integer({ minimum: 0 }),
        },
        CLOSED,
      ),
    ),
  },
  CLOSED,
);

const taskChange = Type.Object(
  { nodeName, batchID, status: oneOf(...TASK_STATUSES), error: Type.Optional(Type.String()) },
  CLOSED,
);

export const jobStatus = oneOf(...JOB_STATUSES);

export const progressBody = Type.Object(
  {
    jobId,
    timestamp,
    pipeline: Type.String(),
    level: oneOf(...LEVELS),
    status: jobStatus,
    data: Type.Optional(
      Type.Object(
        {
          progress: Type.String({ pattern: '^\\d+\\.\\d\\d$', description: 'percent with two decimals' }),
          details: Type.String(),
          activeNodes: Type.Optional(Type.Array(activeNode)),
        },
        CLOSED,
      ),
    ),
    error: Type.Optional(Type.String()),
    nodeName: Type.Optional(nodeName),
    reason: Type.Optional(Type.String()),
    tasks: Type.Optional(Type.Array(taskChange, { maxItems: 1_000, description: 'at trace and warn' })),
  },
  { ...CLOSED, title: 'Progress' },
);

/** What stands for a result that is too large for a webhook. */
export const bigData = {
  isBigData: Type.Literal(true),
  size: Type.Integer({ minimum: 0, description: 'bytes' }),
  url: Type.String({ description: 'a GET answers the result, or the entries of the node' }),
};

const resultEntry = Type.Object(
  {
    nodeName,
    batchID,
    algorithmName: Type.String(),
    result: Type.Optional(anyJson),
    info: Type.Optional(
      Type.Object(bigData, { ...CLOSED, description: 'instead of a result that is too large for a webhook' }),
    ),
    error: Type.Optional(Type.String({ description: 'of a task that failed within the tolerance' })),
  },
  CLOSED,
);

export const resultBody = Type.Object(
  {
    jobId,
    timestamp,
    pipeline: Type.String(),
    status: oneOf('completed', 'failed', 'stopped'),
    data: Type.Optional(Type.Array(resultEntry, { description: 'only where completed' })),
    error: Type.Optional(Type.String()),
    nodeName: Type.Optional(nodeName),
    failures: Type.Optional(
      Type.Array(Type.Object({ nodeName, batchID, error: Type.String() }, CLOSED), { maxItems: 10 }),
    ),
    reason: Type.Optional(Type.String()),
  },
  { ...CLOSED, title: 'Result' },
);
