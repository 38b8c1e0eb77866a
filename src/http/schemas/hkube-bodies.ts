/** The same bodies in HKube's dialect: see `domain/dialect.ts`. */
import { Type, type TSchema } from '@sinclair/typebox';
import type { HkubeTaskStatus } from '../../domain/dialect';
import type { Level } from '../../domain/verbosity';
import { bigData, jobStatus } from './bodies';
import { anyJson, CLOSED, epochMs, jobId, oneOf, timestamp } from './parts';

const TASK_STATUSES = [
  'creating',
  'active',
  'succeed',
  'failed',
  'skipped',
  'stopped',
] as const satisfies readonly HkubeTaskStatus[];

/** HKube knows more of them, and tells of these. */
const TOLD_LEVELS = ['debug', 'info', 'error'] as const satisfies readonly Level[];

const seconds = Type.Number({ minimum: 0, description: 'seconds' });

const states = Object.fromEntries(TASK_STATUSES.map((status) => [status, Type.Optional(Type.Integer({ minimum: 1 }))]));

const progressParts = {
  pipeline: Type.String(),
  level: oneOf(...TOLD_LEVELS),
  status: jobStatus,
  data: Type.Optional(
    Type.Object(
      {
        progress: Type.Number({ minimum: 0, maximum: 100, description: 'percent, with at most two decimals' }),
        states: Type.Object(states, { ...CLOSED, description: 'how many tasks are in each state' }),
        details: Type.String(),
      },
      CLOSED,
    ),
  ),
  error: Type.Optional(Type.String()),
  nodeName: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  netTimeTook: Type.Optional(seconds),
  grossTimeTook: Type.Optional(seconds),
};

export const hkubeProgressBody = Type.Object({ jobId, timestamp, ...progressParts }, { ...CLOSED, title: 'Progress' });

export const hkubeStatus = Type.Object(
  { jobId, timestamp: epochMs, ...progressParts, startTime: epochMs },
  { ...CLOSED, title: 'Status' },
);

const resultEntry = Type.Object(
  {
    nodeName: Type.String(),
    batchIndex: Type.Optional(Type.Integer({ minimum: 1, description: 'absent where the node is no batch' })),
    algorithmName: Type.String(),
    result: Type.Optional(anyJson),
    info: Type.Optional(
      Type.Object(
        { ...bigData, message: Type.Optional(Type.String({ description: 'for people' })) },
        { ...CLOSED, description: 'instead of a result that is too large for a webhook' },
      ),
    ),
    error: Type.Optional(Type.String({ description: 'of a task that failed within the tolerance' })),
  },
  CLOSED,
);

const resultParts = (data: TSchema): Record<string, TSchema> => ({
  pipeline: Type.String(),
  status: oneOf('completed', 'failed', 'stopped'),
  data,
  error: Type.Optional(Type.String()),
  nodeName: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  timeTook: seconds,
});

const data = Type.Union([Type.Array(resultEntry), Type.Null()], { description: 'null unless completed' });

export const hkubeResultBody = Type.Object({ jobId, timestamp, ...resultParts(data) }, { ...CLOSED, title: 'Result' });

export const hkubeResults = Type.Object(
  { jobId, timestamp: epochMs, ...resultParts(Type.Optional(data)), startTime: epochMs },
  { ...CLOSED, title: 'Results' },
);
