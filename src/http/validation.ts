/**
 * Checks what callers send against the schemas of the routes, by Ajv with the coercion of HKube's API, and says what is
 * wrong in its words: those of Ajv 6, of the first mistake alone.
 */
import { Ajv, type ErrorObject } from 'ajv';
import addFormats from 'ajv-formats';
import type { Static, TSchema } from '@sinclair/typebox';
import { MAX_SHOWN_NAME } from '../domain/checks';
import { countsMonths, parseCron } from '../domain/cron';
import { invalid } from '../domain/errors';
import { isTooDeep } from '../domain/json';
import { MONTHS_RULE } from '../domain/triggers';

/** What a schema says besides the vocabulary of JSON Schema. */
interface OwnKeywords {
  /** The whole text of a `pattern` that is broken. */
  readonly 'x-message'?: string;
  /** The whole text where a required property is missing. */
  readonly 'x-missing'?: Readonly<Record<string, string>>;
}

/** @throws PipelineError `InvalidPipeline` that names the first field that breaks a rule */
export type Validate<T> = (value: unknown) => asserts value is T;

const strictly = createAjv(false);
const leniently = createAjv(true);

/**
 * @param coerce whether a text that is written like a number or a boolean is taken for one, and so on; `value` is changed
 * in place then
 */
export function createValidator<T extends TSchema>(
  schema: T,
  { coerce }: { readonly coerce: boolean },
): Validate<Static<T>> {
  const check = (coerce ? leniently : strictly).compile(schema);
  return (value) => {
    if (check(value)) return;
    const [first] = check.errors ?? [];
    throw invalid(first === undefined ? 'data is not valid' : textOf(first));
  };
}

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({
    coerceTypes,
    allErrors: false,
    // A mistake is told with the schema that it is about, and the value.
    verbose: true,
    unicodeRegExp: false,
    // Of any JSON only objects and lists have a depth.
    strictTypes: false,
  });
  addFormats(ajv, ['date-time']);
  ajv.addFormat('url', (text) => /^https?:\/\//i.test(text) && /^[^\s\p{Cc}]+$/u.test(text));
  ajv.addFormat('cron', (text) => parseCron(text) !== undefined);
  ajv.addKeyword({
    keyword: 'x-cron-months',
    type: 'string',
    schemaType: 'boolean',
    validate: (_: boolean, value: string) => !countsMonths(value),
  });
  ajv.addKeyword({
    keyword: 'x-max-depth',
    type: ['object', 'array'],
    schemaType: 'number',
    validate: (_: number, value: unknown) => !isTooDeep(value),
  });
  ajv.addKeyword({
    keyword: 'x-only',
    type: 'string',
    schemaType: 'string',
    validate: (only: string, value: string) => value === only,
  });
  ajv.addKeyword({
    keyword: 'x-credentials',
    type: 'string',
    schemaType: 'boolean',
    validate: (_: boolean, value: string) => !/^https?:\/\/[^/?#]*@/i.test(value),
  });
  ajv.addVocabulary(['x-message', 'x-missing']);
  return ajv;
}

type Text = (at: string, error: ErrorObject, own: OwnKeywords) => string;

const TEXTS: Partial<Record<string, Text>> = {
  required: (at, { params }, own) => {
    const name = String(params['missingProperty']);
    return own['x-missing']?.[name] ?? `${at} should have required property '${name}'`;
  },
  additionalProperties: (at, { params }) =>
    `${at} should NOT have additional properties (${String(params['additionalProperty']).slice(0, MAX_SHOWN_NAME)})`,
  enum: (at, { params }) =>
    `${at} should be equal to one of the allowed values (${(params['allowedValues'] as string[]).join(',')})`,
  minLength: (at, { params }) => `${at} should NOT be shorter than ${String(params['limit'])} characters`,
  maxLength: (at, { params }) => `${at} should NOT be longer than ${String(params['limit'])} characters`,
  pattern: (at, { message = '' }, own) => own['x-message'] ?? `${at} ${said(message)}`,
  'x-max-depth': (at, { schema }) => `${at} should NOT be nested deeper than ${String(schema)} levels`,
  'x-only': (at, { data, schema }) =>
    `${at} "${String(data).slice(0, 50)}" is not supported, only "${String(schema)}" is`,
  'x-cron-months': (at) => `${at} ${MONTHS_RULE}`,
  'x-credentials': (at) => `${at} should NOT have credentials`,
};

function textOf(error: ErrorObject): string {
  const at = `data${pathOf(error.instancePath)}`;
  const text = TEXTS[error.keyword];
  return (
    text?.(at, error, (error.parentSchema ?? {}) as OwnKeywords) ?? `${at} ${said(error.message ?? 'is not valid')}`
  );
}

/** Since its version 8 Ajv says «must» where it said «should». */
function said(message: string): string {
  return message.replace(/^must/, 'should');
}

/** `/nodes/0/nodeName` as `.nodes[0].nodeName`. */
function pathOf(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name.slice(0, MAX_SHOWN_NAME)}`))
    .join('');
}
