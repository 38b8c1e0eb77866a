/** Building blocks of checks on parsed JSON, with the texts that HKube's API answers (Ajv's wording). */
import { invalid } from './errors';
import { isJsonObject, isTooDeep, MAX_DEPTH } from './json';

/** Of a name that a caller made up, so much is said. */
export const MAX_SHOWN_NAME = 100;

/** @throws PipelineError `InvalidPipeline` that names what breaks the rule by `at` */
export type Check = (value: unknown, at: string) => void;

export const string =
  (limits: { min?: number; max?: number } = {}): Check =>
  (value, at) => {
    if (typeof value !== 'string') throw invalid(`${at} should be string`);
    if (value.length < (limits.min ?? 0)) {
      throw invalid(`${at} should NOT be shorter than ${String(limits.min)} characters`);
    }
    // In characters, as a JSON schema counts: never more than units.
    if (value.length > (limits.max ?? Infinity) && Array.from(value).length > (limits.max ?? Infinity)) {
      throw invalid(`${at} should NOT be longer than ${String(limits.max)} characters`);
    }
  };

export const integer =
  (min = -Infinity, max = Infinity): Check =>
  (value, at) => {
    if (!Number.isInteger(value)) throw invalid(`${at} should be integer`);
    if (Number(value) < min) throw invalid(`${at} should be >= ${String(min)}`);
    if (Number(value) > max) throw invalid(`${at} should be <= ${String(max)}`);
  };

export const boolean: Check = (value, at) => {
  if (typeof value !== 'boolean') throw invalid(`${at} should be boolean`);
};

export const oneOf =
  (...allowed: readonly string[]): Check =>
  (value, at) => {
    if (typeof value !== 'string' || !allowed.includes(value)) {
      throw invalid(`${at} should be equal to one of the allowed values (${allowed.join(',')})`);
    }
  };

export const named =
  (pattern: RegExp, message: string): Check =>
  (value) => {
    if (!pattern.test(String(value))) throw invalid(message);
  };

export const arrayOf =
  (check: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value)) throw invalid(`${at} should be array`);
    value.forEach((item, index) => {
      check(item, `${at}[${String(index)}]`);
    });
  };

/** Of a list of texts. The two that are named are those that Ajv names. */
export const unique: Check = (value, at) => {
  const seen = new Map<unknown, number>();
  const items = value as readonly unknown[];
  for (let index = items.length - 1; index >= 0; index--) {
    const other = seen.get(items[index]);
    if (other !== undefined) {
      throw invalid(
        `${at} should NOT have duplicate items (items ## ${String(other)} and ${String(index)} are identical)`,
      );
    }
    seen.set(items[index], index);
  }
};

export const recordOf =
  (check: Check): Check =>
  (value, at) => {
    if (!isJsonObject(value)) throw invalid(`${at} should be object`);
    for (const [name, entry] of Object.entries(value)) check(entry, `${at}.${name.slice(0, 100)}`);
  };

export const all =
  (...checks: readonly Check[]): Check =>
  (value, at) => {
    checks.forEach((check) => {
      check(value, at);
    });
  };

export const shallow: Check = (value, at) => {
  if (isTooDeep(value)) throw invalid(`${at} should NOT be nested deeper than ${String(MAX_DEPTH)} levels`);
};

/** In the order in which Ajv looks: what is missing, what is unknown, and then the known fields in the order of the rules. */
export function object(
  fields: Record<string, Check>,
  rule: { required?: readonly string[]; closed?: boolean; missing?: Readonly<Record<string, string>> } = {},
): Check {
  const known = Object.entries(fields);
  return (value, at) => {
    if (!isJsonObject(value)) throw invalid(`${at} should be object`);
    for (const name of rule.required ?? []) {
      if (value[name] === undefined) {
        throw invalid(rule.missing?.[name] ?? `${at} should have required property '${name}'`);
      }
    }
    for (const name of Object.keys(value)) {
      if (Object.hasOwn(fields, name)) continue;
      const shown = name.slice(0, MAX_SHOWN_NAME);
      if (rule.closed === true) throw invalid(`${at} should NOT have additional properties (${shown})`);
      shallow(value[name], `${at}.${shown}`);
    }
    for (const [name, check] of known) {
      const entry = Object.hasOwn(value, name) ? value[name] : undefined;
      if (entry !== undefined) check(entry, `${at}.${name}`);
    }
  };
}
