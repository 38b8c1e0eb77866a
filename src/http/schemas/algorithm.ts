/** An algorithm as it is stored (contract §10). */
import { Type } from '@sinclair/typebox';
import { algorithmName, CLOSED, oneOf, OPEN } from './parts';

const amount = Type.Number({ minimum: 0 });

export const algorithm = Type.Object(
  {
    name: algorithmName,
    http: Type.Optional(
      Type.Object(
        {
          url: Type.String({ format: 'url', 'x-credentials': false }),
          timeout: Type.Optional(
            Type.Number({ exclusiveMinimum: 0, maximum: 86_400, description: 'seconds; default 60' }),
          ),
        },
        CLOSED,
      ),
    ),
    activity: Type.Optional(
      Type.Object(
        {
          taskQueue: Type.String({ minLength: 1, maxLength: 1_000 }),
          type: Type.String({ minLength: 1, maxLength: 1_000 }),
          heartbeatTimeout: Type.Optional(
            Type.Number({ exclusiveMinimum: 0, maximum: 86_400, description: 'seconds; default none' }),
          ),
        },
        CLOSED,
      ),
    ),
    algorithmImage: Type.Optional(
      Type.String({
        minLength: 1,
        pattern: '^\\S+$',
        'x-message': 'algorithm image must contain only lower-case alphanumeric, dash or dot',
      }),
    ),
    // Of HKube's images: kept and shown, and used by nobody here.
    cpu: Type.Optional(amount),
    gpu: Type.Optional(amount),
    mem: Type.Optional(Type.String({ description: 'such as 256Mi' })),
    minHotWorkers: Type.Optional(Type.Integer({ minimum: 0 })),
    type: Type.Optional(oneOf('Git', 'Code', 'Image')),
    kind: Type.Optional(oneOf('batch', 'stream')),
    options: Type.Optional(Type.Object({ pending: Type.Optional(Type.Boolean()) }, OPEN)),
  },
  {
    ...OPEN,
    title: 'Algorithm',
    description: 'with exactly one of http, activity and algorithmImage; a change need not name it',
    examples: [{ name: 'scale', http: { url: 'https://scale.example/run', timeout: 30 } }],
  },
);

/** HKube's other way to send one: its texts are JSON themselves. */
export const algorithmForm = Type.Object(
  {
    payload: Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 1_000 })], {
      description: 'an algorithm as JSON, or several',
    }),
    options: Type.Optional(
      Type.String({ description: '`{"allowOverwrite": true}`; the other options of HKube change nothing here' }),
    ),
    file: Type.Optional(Type.String({ description: 'must be empty: nothing is built' })),
  },
  { title: 'AlgorithmForm', examples: [{ payload: '{"name":"scale","algorithmImage":"registry/scale:v1"}' }] },
);

/** The same of one. */
export const algorithmApply = Type.Object(
  {
    ...algorithmForm.properties,
    payload: Type.String({ description: 'an algorithm as JSON; what it leaves out stays' }),
  },
  { title: 'AlgorithmApply', examples: algorithmForm.examples as unknown[] },
);
