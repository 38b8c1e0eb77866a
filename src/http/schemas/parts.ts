/** What several schemas are made of. Keywords that begin with `x-` are our own: `validation.ts` says what they refuse. */
import { Type, type TUnsafe } from '@sinclair/typebox';
import { MAX_DEPTH, type Json } from '../../domain/json';

/** Any JSON that is not nested too deep. */
export const anyJson = Type.Unsafe<Json>({ 'x-max-depth': MAX_DEPTH });

/** Of an object that keeps what it does not know. */
export const OPEN = { additionalProperties: anyJson } as const;
export const CLOSED = { additionalProperties: false } as const;

/** Without a `type`, so that what is no string is refused by the list of what is allowed, as HKube says it. */
export function oneOf<const Value extends string>(...values: readonly Value[]): TUnsafe<Value> {
  return Type.Unsafe<Value>({ enum: [...values] });
}

/** HKube knows more of them; what this engine does not do is refused and not ignored. */
export function only<const Value extends string>(...values: readonly Value[]): TUnsafe<Value> {
  return Type.Unsafe<Value>({ type: 'string', 'x-only': values });
}

const NAME_PATTERN = '^[:\\-_.A-Za-z0-9]+$';

export const pipelineName = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: NAME_PATTERN,
  'x-message': 'pipeline name must contain only alphanumeric, dash, dot or underscore',
});

export const experimentName = Type.String({
  minLength: 1,
  maxLength: 32,
  pattern: NAME_PATTERN,
  'x-message': 'experiment name must contain only alphanumeric, dash, dot or underscore',
});

export const algorithmName = Type.String({
  minLength: 1,
  maxLength: 32,
  pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
  'x-message': 'algorithm name must contain only lower-case alphanumeric, dash or dot',
});

export const webhookUrl = Type.String({
  format: 'url',
  'x-credentials': false,
  description: 'http or https, without credentials',
});

export const jobId = Type.String({ description: '`<pipeline name>:<uuid>`, also the id of the workflow' });

export const timestamp = Type.String({ format: 'date-time', description: 'ISO 8601, UTC, with milliseconds' });

/** Milliseconds since 1970, as HKube's API tells times that are not in a webhook. */
export const epochMs = Type.Integer({ description: 'milliseconds since 1970, UTC' });
