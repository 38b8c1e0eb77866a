/** What is posted to `/exec` besides a whole pipeline, and what is asked for in paths. */
import { Type } from '@sinclair/typebox';
import type { Json } from '../../domain/json';
import { algorithmName, CLOSED, jobId, OPEN, pipelineName } from './parts';
import { pipeline } from './pipeline';

/** Over a stored pipeline; what is not named here is merged as well. */
export const storedRun = Type.Omit(pipeline, ['nodes', 'kind'], {
  ...OPEN,
  title: 'StoredRun',
  examples: [{ name: 'batch', flowInput: { items: [1, 2] } }],
});

export const algorithmRun = Type.Object(
  {
    name: algorithmName,
    input: Type.Optional(Type.Array(Type.Unsafe<Json>({}), { 'x-max-depth': 200 })),
    debug: Type.Optional(Type.Boolean({ description: "taken from HKube's clients, without effect" })),
  },
  { ...CLOSED, title: 'AlgorithmRun', examples: [{ name: 'green-alg', input: [1] }] },
);

/** What Temporal takes as the id of a workflow, and visibility as a keyword. */
export const MAX_ID = 255;
const id = Type.String({ maxLength: MAX_ID, description: jobId.description ?? '' });

export const jobRequest = Type.Object({ jobId: id }, { title: 'JobRequest' });
export const jobParams = Type.Object({ jobId: Type.String({ minLength: 1, maxLength: MAX_ID }) });
export const dataParams = Type.Object({
  jobId: Type.String({ minLength: 1, maxLength: MAX_ID }),
  ref: Type.String({ minLength: 1, maxLength: MAX_ID }),
});
export const nameParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: MAX_ID }) });

export const time = Type.Unsafe<string | number>({
  type: ['string', 'integer'],
  format: 'date-time',
  minimum: 0,
  maximum: 8.64e15,
  description: 'ISO 8601, or milliseconds since 1970',
});

/** All that is given must match; one of the criteria must be given. */
export const stopRequest = Type.Object(
  {
    jobId: Type.Optional(jobId),
    pipelineName: Type.Optional(pipelineName),
    startTime: Type.Optional(Type.Object({ from: Type.Optional(time), to: Type.Optional(time) }, CLOSED)),
    statusToStop: Type.Optional(
      Type.Unsafe<string | string[]>({
        type: ['string', 'array'],
        items: { type: 'string', maxLength: 32 },
        maxItems: 10,
        description: 'a status, several with commas between, or a list; default active, pending and paused',
      }),
    ),
    reason: Type.Optional(Type.String({ description: 'told to the receivers' })),
  },
  { title: 'StopRequest', examples: [{ jobId: 'batch:5a0de4f1-3c63-4f0b-9d0e-6a8f1f6f2b7c', reason: 'enough' }] },
);
