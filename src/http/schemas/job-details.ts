/** What is answered about one job besides its bodies: graph, audit trail, tree. */
import { Type } from '@sinclair/typebox';
import type { TaskStatus } from '../../domain/progress';
import { CLOSED, epochMs, jobId, oneOf } from './parts';
import { TASK_STATUSES } from './bodies';
import { pipeline } from './pipeline';

const taskStatus = oneOf<TaskStatus>(...TASK_STATUSES);

const edges = Type.Array(
  Type.Object(
    {
      from: Type.String(),
      to: Type.String({ description: 'the node that reads it' }),
      value: Type.Object(
        { types: Type.Array(Type.String({ description: 'waitNode, waitBatch, waitAny, input' })) },
        CLOSED,
      ),
    },
    CLOSED,
  ),
);

const item = Type.Object(
  {
    batchIndex: Type.Integer({ minimum: 1 }),
    status: taskStatus,
    error: Type.Optional(Type.String({ description: 'cut short' })),
  },
  CLOSED,
);

const graphNode = Type.Object(
  {
    nodeName: Type.String(),
    algorithmName: Type.String(),
    status: Type.Optional(
      Type.Unsafe<TaskStatus>({ ...taskStatus, description: 'absent, with all that follows, where nobody knows' }),
    ),
    states: Type.Optional(
      Type.Record(Type.String(), Type.Integer({ minimum: 1 }), { description: 'its tasks by status' }),
    ),
    total: Type.Optional(Type.Integer({ minimum: 0, description: 'tasks of a batch, once they are known' })),
    batch: Type.Optional(
      Type.Array(item, {
        maxItems: 1_000,
        description: 'the items that were asked for, as many as are told at a time',
      }),
    ),
  },
  CLOSED,
);

export const graph = Type.Object(
  { jobId, timestamp: epochMs, nodes: Type.Array(graphNode), edges },
  { ...CLOSED, title: 'Graph' },
);

const place = Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: '0-based' }));

export const graphQuery = Type.Object({
  node: Type.Optional(Type.String({ maxLength: 200, description: 'this node alone' })),
  sort: Type.Optional(
    Type.Unsafe<'batchIndex' | 'status'>({ ...oneOf('batchIndex', 'status'), description: 'of items' }),
  ),
  order: Type.Optional(oneOf('asc', 'desc')),
  from: place,
  to: place,
});

export const graphPreview = Type.Object(
  {
    nodes: Type.Array(Type.Object({ nodeName: Type.String(), algorithmName: Type.String() }, CLOSED)),
    edges,
  },
  { ...CLOSED, title: 'GraphPreview' },
);

export const previewRequest = Type.Object({ pipeline }, { title: 'PreviewRequest' });

export const auditTrail = Type.Object(
  { jobId },
  {
    additionalProperties: Type.Object(
      {
        timestamp: epochMs,
        user: Type.String(),
        action: oneOf('run', 'pause', 'resume', 'stop'),
        reason: Type.Optional(Type.String()),
      },
      CLOSED,
    ),
    title: 'AuditTrail',
    description: 'by 0, 1, 2 …, the latest first',
  },
);

export const jobTree = Type.Object(
  {
    jobId,
    name: Type.String({ description: 'of its pipeline' }),
    children: Type.Array(Type.Unknown({ description: 'of the same kind' })),
  },
  { ...CLOSED, title: 'JobTree' },
);

export const flowInputQuery = Type.Object({
  download: Type.Optional(Type.String({ maxLength: 10, description: 'anything: as a file' })),
});
