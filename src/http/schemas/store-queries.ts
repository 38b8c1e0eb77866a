/** What is asked of stored definitions in queries, where texts are taken for what they are written like. */
import { Type } from '@sinclair/typebox';
import { MAX_ID, nameParams } from './requests';

export const overwrite = Type.Object({ overwrite: Type.Optional(Type.Boolean()) });

export const keepOldVersions = Type.Object({
  keepOldVersions: Type.Optional(Type.Boolean({ description: 'whether its versions stay; default true' })),
});

const sort = Type.Optional(
  Type.Unsafe<'asc' | 'desc'>({ enum: ['asc', 'desc'], description: 'by when they were stored; default: by name' }),
);
const limit = Type.Integer({ minimum: 1, maximum: 100_000 });

/** Of stored definitions. */
export const listQuery = Type.Object({
  sort,
  limit: Type.Optional(limit),
  after: Type.Optional(
    Type.String({ maxLength: MAX_ID, description: 'for the next page: the last name that was read; not with `sort`' }),
  ),
});

export const algorithmsQuery = Type.Object({
  name: Type.Optional(Type.String({ maxLength: MAX_ID, description: 'a part of the name' })),
  ...listQuery.properties,
});

export const algorithmsFilter = Type.Object({
  name: Type.Optional(Type.String({ maxLength: MAX_ID, description: 'a part of the name' })),
  kind: Type.Optional(Type.String({ maxLength: MAX_ID })),
  algorithmImage: Type.Optional(Type.Boolean({ description: 'whether it has one' })),
  pending: Type.Optional(Type.Boolean()),
  cursor: Type.Optional(Type.String({ maxLength: MAX_ID, description: 'of the page before' })),
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'instead of a cursor' })),
  sort,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'default 10' })),
  fields: Type.Optional(
    Type.String({ maxLength: 1_000, description: 'what is answered of each: `name:true,…`, or all but `mem:false,…`' }),
  ),
});

export const algorithmRemoval = Type.Object({
  force: Type.Optional(
    Type.Boolean({
      description: 'deletes the pipelines that use it as well, and stops their jobs and those that use it',
    }),
  ),
  ...keepOldVersions.properties,
});

export const versionParams = Type.Object({
  ...nameParams.properties,
  version: Type.String({ minLength: 1, maxLength: MAX_ID }),
});
export const versionsQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: 'default 1000' })),
});
