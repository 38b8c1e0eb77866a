/** The fields of a pipeline document and their types, with the texts that HKube's API answers (Ajv's wording). */
import { invalid } from './errors';
import { isJsonObject, isTooDeep, MAX_DEPTH } from './json';
import type { Pipeline } from './pipeline';
import { LEVELS } from './verbosity';

/** Ids are Temporal workflow ids, at most 255 characters with what is put behind the name. */
const MAX_NAME = 200;
/** Ten years, in seconds: beyond that timers and dates overflow. */
const MAX_TTL = 315_360_000;

type Check = (value: unknown, at: string) => void;

/** @throws PipelineError `InvalidPipeline` for the first field that breaks a rule */
export function checkShape(document: unknown): asserts document is Pipeline {
  pipelineCheck(document, 'data');
}

const string =
  (limits: { min?: number; max?: number } = {}): Check =>
  (value, at) => {
    if (typeof value !== 'string') throw invalid(`${at} should be string`);
    if (value.length < (limits.min ?? 0)) {
      throw invalid(`${at} should NOT be shorter than ${String(limits.min)} characters`);
    }
    if (value.length > (limits.max ?? Infinity)) {
      throw invalid(`${at} should NOT be longer than ${String(limits.max)} characters`);
    }
  };

const integer =
  (min = -Infinity, max = Infinity): Check =>
  (value, at) => {
    if (!Number.isInteger(value)) throw invalid(`${at} should be integer`);
    if (Number(value) < min) throw invalid(`${at} should be >= ${String(min)}`);
    if (Number(value) > max) throw invalid(`${at} should be <= ${String(max)}`);
  };

const boolean: Check = (value, at) => {
  if (typeof value !== 'boolean') throw invalid(`${at} should be boolean`);
};

const oneOf =
  (...allowed: readonly string[]): Check =>
  (value, at) => {
    if (typeof value !== 'string' || !allowed.includes(value)) {
      throw invalid(`${at} should be equal to one of the allowed values (${allowed.join(',')})`);
    }
  };

const named =
  (pattern: RegExp, message: string): Check =>
  (value) => {
    if (!pattern.test(String(value))) throw invalid(message);
  };

const url: Check = (value, at) => {
  if (typeof value !== 'string') throw invalid(`${at} should be string`);
  if (!/^https?:\/\//i.test(value) || !URL_PATTERN.test(value)) throw invalid(`${at} should match format "url"`);
  if (/^https?:\/\/[^/?#]*@/i.test(value)) throw invalid(`${at} should NOT have credentials`);
};
/** No white space or control characters; the address guard has the last word. */
const URL_PATTERN = /^[^\s\p{Cc}]+$/u;

const arrayOf =
  (check: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value)) throw invalid(`${at} should be array`);
    value.forEach((item, index) => {
      check(item, `${at}[${String(index)}]`);
    });
  };

const all =
  (...checks: readonly Check[]): Check =>
  (value, at) => {
    checks.forEach((check) => {
      check(value, at);
    });
  };

const shallow: Check = (value, at) => {
  if (isTooDeep(value)) throw invalid(`${at} should NOT be nested deeper than ${String(MAX_DEPTH)} levels`);
};

const object =
  (fields: Record<string, Check>, rule: { required?: readonly string[]; closed?: boolean } = {}): Check =>
  (value, at) => {
    if (!isJsonObject(value)) throw invalid(`${at} should be object`);
    for (const name of rule.required ?? []) {
      if (value[name] === undefined) throw invalid(`${at} should have required property '${name}'`);
    }
    for (const [name, entry] of Object.entries(value)) {
      const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (check !== undefined) check(entry, `${at}.${name}`);
      else if (rule.closed === true)
        throw invalid(`${at} should NOT have additional properties (${name.slice(0, 100)})`);
      else shallow(entry, `${at}.${name.slice(0, 100)}`);
    }
  };

const notSupported =
  (supported: string): Check =>
  (value, at) => {
    if (value !== supported)
      throw invalid(`${at} "${String(value).slice(0, 50)}" is not supported, only "${supported}" is`);
  };

const algorithmName = all(
  string({ min: 1, max: 32 }),
  named(/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/, 'algorithm name must contain only lower-case alphanumeric, dash or dot'),
);

const node: Check = (value, at) => {
  object(
    {
      nodeName: string({ min: 1, max: 200 }),
      algorithmName,
      input: all(
        arrayOf(() => undefined),
        shallow,
      ),
      kind: notSupported('algorithm'),
      ttl: integer(0, MAX_TTL),
      retry: object({ policy: oneOf('Never', 'Always', 'OnError', 'OnCrash'), limit: integer(1) }),
      batchOperation: oneOf('indexed', 'cartesian'),
      includeInResults: boolean,
    },
    { required: ['nodeName'] },
  )(value, at);
  if (isJsonObject(value) && value['algorithmName'] === undefined) throw invalid('please provide algorithm name');
};

const pipelineCheck = object(
  {
    name: all(
      string({ min: 1, max: MAX_NAME }),
      named(/^[:\-_.A-Za-z0-9]+$/, 'pipeline name must contain only alphanumeric, dash, dot or underscore'),
    ),
    nodes: arrayOf(node),
    flowInput: shallow,
    webhooks: object({ progress: url, result: url }, { closed: true }),
    options: object({
      batchTolerance: integer(0, 100),
      progressVerbosityLevel: oneOf(...LEVELS, 'warning'),
      ttl: integer(-Infinity, MAX_TTL),
    }),
    priority: integer(1, 5),
    tags: arrayOf(string({ min: 1, max: 32 })),
    description: string(),
    kind: notSupported('batch'),
  },
  { required: ['name', 'nodes'] },
);
