/** A pipeline as it is posted. `src/domain/shape.ts` says the same for the engine, in the same order. */
import { Type } from '@sinclair/typebox';
import { MAX_DEPTH, type Json } from '../../domain/json';
import { LEVELS } from '../../domain/verbosity';
import { algorithmName, anyJson, CLOSED, experimentName, oneOf, only, OPEN, pipelineName, webhookUrl } from './parts';

/** Ten years, in seconds. */
const MAX_TTL = 315_360_000;

const node = Type.Object(
  {
    nodeName: Type.String({ minLength: 1, maxLength: 200 }),
    algorithmName,
    input: Type.Optional(
      Type.Array(Type.Unsafe<Json>({}), { 'x-max-depth': MAX_DEPTH, description: 'the arguments of the algorithm' }),
    ),
    kind: Type.Optional(only('algorithm')),
    ttl: Type.Optional(
      Type.Integer({ minimum: 0, maximum: MAX_TTL, description: 'seconds that one task may work; 0 is no limit' }),
    ),
    retry: Type.Optional(
      Type.Object(
        {
          policy: Type.Optional(oneOf('Never', 'Always', 'OnError', 'OnCrash')),
          limit: Type.Optional(Type.Integer({ minimum: 1, description: 'N allows 1 + N runs of a task' })),
        },
        OPEN,
      ),
    ),
    batchOperation: Type.Optional(oneOf('indexed', 'cartesian')),
    includeInResults: Type.Optional(Type.Boolean()),
  },
  { ...OPEN, title: 'Node', 'x-missing': { algorithmName: 'please provide algorithm name' } },
);

const webhooks = Type.Object(
  { progress: Type.Optional(webhookUrl), result: Type.Optional(webhookUrl) },
  { ...CLOSED, title: 'WebhookUrls' },
);

const options = Type.Object(
  {
    batchTolerance: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100, description: 'percent of failed items that fails a batch' }),
    ),
    progressVerbosityLevel: Type.Optional(oneOf<string>(...LEVELS, 'warning')),
    ttl: Type.Optional(Type.Integer({ maximum: MAX_TTL, description: 'seconds from submission; <= 0 is no limit' })),
  },
  { ...OPEN, title: 'PipelineOptions' },
);

export const cronPattern = Type.String({
  minLength: 1,
  format: 'cron',
  'x-cron-months': false,
  description:
    'five fields, or six with seconds before them, as npm `cron` takes them, in UTC; months by their names (`jan`)',
});

const triggers = Type.Object(
  {
    pipelines: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        uniqueItems: true,
        description: 'it runs when a job of one of these pipelines has completed',
      }),
    ),
    cron: Type.Optional(
      Type.Object(
        {
          pattern: cronPattern,
          enabled: Type.Optional(Type.Boolean({ description: 'default false: it does not run' })),
        },
        OPEN,
      ),
    ),
  },
  { ...CLOSED, title: 'Triggers' },
);

const priority = Type.Integer({ minimum: 1, maximum: 5, description: '1 is the strongest' });
const tags = Type.Array(Type.String({ minLength: 1, maxLength: 32 }));

export const pipeline = Type.Object(
  {
    name: pipelineName,
    nodes: Type.Array(node),
    flowInput: Type.Optional(anyJson),
    webhooks: Type.Optional(webhooks),
    options: Type.Optional(options),
    priority: Type.Optional(priority),
    tags: Type.Optional(tags),
    description: Type.Optional(Type.String()),
    kind: Type.Optional(only('batch')),
    triggers: Type.Optional(triggers),
    experimentName: Type.Optional(experimentName),
  },
  {
    ...OPEN,
    title: 'Pipeline',
    examples: [
      {
        name: 'batch',
        nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['#[1,2,3]'] }],
        webhooks: { progress: 'https://receiver.example/progress', result: 'https://receiver.example/result' },
      },
    ],
  },
);
