/** An algorithm as it is stored (contract §10). */
import { Type } from '@sinclair/typebox';
import { MAX_BLOCK_SIZE } from '../../domain/block-size';
import { algorithmName, CLOSED, OPEN } from './parts';

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
    blockSize: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_BLOCK_SIZE,
        description: 'items of a batch in one block; not with activity; default: chosen by the time that items take',
      }),
    ),
    algorithmImage: Type.Optional(
      Type.String({
        minLength: 1,
        pattern: '^\\S+$',
        'x-message': 'algorithm image must contain only lower-case alphanumeric, dash or dot',
      }),
    ),
  },
  {
    ...OPEN,
    title: 'Algorithm',
    description: 'with exactly one of http, activity and algorithmImage',
    examples: [{ name: 'scale', http: { url: 'https://scale.example/run', timeout: 30 } }],
  },
);
