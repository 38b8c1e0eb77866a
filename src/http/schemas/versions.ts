/** Versions of stored definitions, as HKube's API has them. */
import { Type, type TObject, type TSchema } from '@sinclair/typebox';
import { CLOSED, epochMs } from './parts';

const MAX_LABEL = 32;

/** What both databases keep. */
const text = (maxLength: number) => Type.String({ maxLength });

const tags = Type.Array(Type.String({ minLength: 1, maxLength: MAX_LABEL }), { maxItems: 100 });

/** Ten characters; none is refused by its form, so that one that is not there is not found. */
const version = Type.String({ minLength: 1, maxLength: 255, description: 'its id' });

/** @param of the key of the definition */
export function versionAnswer(of: 'pipeline' | 'algorithm', definition: TSchema, title: string): TObject {
  return Type.Object(
    {
      version: Type.String({ description: 'ten characters of a-z and 0-9' }),
      semver: Type.String({ description: '1.0.0 is the first of a name' }),
      created: epochMs,
      createdBy: Type.String(),
      name: Type.String(),
      versionAlias: Type.String(),
      tags: Type.Optional(Type.Array(Type.String())),
      pinned: Type.Optional(Type.Boolean()),
      ...(of === 'algorithm' && {
        algorithmImage: Type.Optional(Type.String({ description: 'of the algorithm, as hkubectl reads it' })),
      }),
      [of]: definition,
    },
    { ...CLOSED, title },
  );
}

/** What a definition was; what is known of the one that is stored now is not of it. */
export const oldDefinition = Type.Object(
  { name: Type.String(), version: Type.String(), modified: epochMs },
  { additionalProperties: true, title: 'OldDefinition' },
);

export const applyRequest = Type.Object(
  {
    name: text(255),
    version: Type.Optional(version),
    image: Type.Optional(
      Type.String({ maxLength: 1_000, description: 'instead of a version: the newest with this algorithmImage' }),
    ),
    force: Type.Optional(Type.Boolean({ description: 'changes nothing here: jobs that run keep what they have' })),
  },
  { title: 'ApplyVersion' },
);

export const aliasRequest = Type.Object(
  { name: text(255), version, alias: Type.String({ minLength: 1, maxLength: MAX_LABEL }) },
  { title: 'VersionAlias' },
);

export const tagRequest = Type.Object(
  { name: text(255), version, pinned: Type.Optional(Type.Boolean()), tags: Type.Optional(tags) },
  { title: 'VersionTags' },
);

export const deleted = Type.Object({ deleted: Type.Integer() }, { ...CLOSED, title: 'Deleted' });
