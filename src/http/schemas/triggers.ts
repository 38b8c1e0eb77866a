/** What is asked for and answered about triggers and cron (`hkube-api.md` §5). */
import { Type } from '@sinclair/typebox';
import { experimentName, oneOf, OPEN, pipelineName } from './parts';
import { cronPattern } from './pipeline';

const name = Type.String({ minLength: 1, maxLength: 255, description: 'of a pipeline' });

export const cronRequest = Type.Object(
  { name: pipelineName, pattern: Type.Optional(cronPattern) },
  { ...OPEN, title: 'CronRequest', examples: [{ name: 'batch', pattern: '0 * * * *' }] },
);

export const cronStop = Type.Object({ name: pipelineName }, { ...OPEN, title: 'CronStop' });

const sort = oneOf('asc', 'desc');

export const cronListQuery = Type.Object({
  sort: Type.Optional(Type.Unsafe<'asc' | 'desc'>({ ...sort, description: 'by name; default asc' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, description: 'default all' })),
});

export const cronList = Type.Array(
  Type.Object(
    {
      name: Type.String(),
      cron: Type.Object({ pattern: Type.String(), enabled: Type.Optional(Type.Boolean()) }, OPEN),
    },
    { title: 'CronListEntry' },
  ),
);

export const runsQuery = Type.Object({
  name: Type.Optional(name),
  experimentName: Type.Optional(
    Type.String({ ...experimentName, description: 'what the jobs belong to; default main' }),
  ),
  sort: Type.Optional(Type.Unsafe<'asc' | 'desc'>({ ...sort, description: 'by when they were started; default desc' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: 'default 1' })),
});

export const treeQuery = Type.Object({
  name: Type.Optional(Type.String({ ...name, description: 'the root; default: each that nothing triggers' })),
});

export const triggersTree = Type.Array(
  Type.Object(
    {
      name: Type.String(),
      children: Type.Array(Type.Unknown(), { description: 'those that it triggers, of the same kind' }),
    },
    { title: 'TriggersNode' },
  ),
);
