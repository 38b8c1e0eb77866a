import { expect } from 'chai';
import fc from 'fast-check';
import type { Static } from '@sinclair/typebox';
import { PipelineError } from '../../src/domain/errors';
import type { Json } from '../../src/domain/json';
import type { Pipeline } from '../../src/domain/pipeline';
import { checkShape } from '../../src/domain/shape';
import { pipeline as schema } from '../../src/http/schemas/pipeline';
import { createValidator, type Validate } from '../../src/http/validation';

type Frozen<T> = Json extends T ? T : T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;
type IsSame<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;

/** These lines do not compile where the schema and the type of the engine differ. */
export const sameType: IsSame<Frozen<Static<typeof schema>>, Frozen<Pipeline>> = true;
export const sameKeys: IsSame<keyof Static<typeof schema>, keyof Pipeline> = true;
export const sameNodeKeys: IsSame<keyof Static<typeof schema>['nodes'][number], keyof Pipeline['nodes'][number]> = true;

const strict: Validate<unknown> = createValidator(schema, { coerce: false });
const lenient: Validate<unknown> = createValidator(schema, { coerce: true });

function textOf(check: (document: unknown) => void, document: unknown): string | undefined {
  try {
    check(document);
    return undefined;
  } catch (error) {
    if (error instanceof PipelineError) return error.message;
    throw error;
  }
}

const whole = {
  name: 'p',
  nodes: [
    {
      nodeName: 'green',
      algorithmName: 'green-alg',
      input: ['#[1,2]', { a: [1] }],
      kind: 'algorithm',
      ttl: 5,
      retry: { policy: 'Always', limit: 2 },
      batchOperation: 'indexed',
      includeInResults: true,
      other: [1],
    },
    { nodeName: 'yellow', algorithmName: 'a' },
  ],
  flowInput: { x: [1, { y: 2 }] },
  webhooks: { progress: 'http://host/p', result: 'https://host/r' },
  options: { batchTolerance: 80, progressVerbosityLevel: 'info', ttl: 60, other: 1 },
  priority: 3,
  tags: ['a', 'b'],
  description: 'text',
  kind: 'batch',
  triggers: { pipelines: ['a', 'b', 'c'], cron: { pattern: '*/5 * * * mon', enabled: true, other: 1 } },
  other: 'x',
};

const deep = (): Json => {
  let value: Json = [];
  for (let level = 0; level < 250; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

const wrong = fc.oneof(
  fc.constantFrom<() => unknown>(
    () => null,
    () => '',
    () => '3',
    () => 'true',
    () => 'x'.repeat(40),
    () => 'x'.repeat(300),
    () => 'A/b',
    () => 'é\ud83d\ude00'.repeat(11),
    () => 'ftp://host',
    () => 'http://user:word@host/',
    () => 'http://a b/',
    () => -1,
    () => 0,
    () => 2.5,
    () => 1e300,
    () => true,
    () => [],
    () => ({}),
    () => 'a',
    () => '0 0 1 2 *',
    () => ['a', 'b', 'a', 'b'],
    () => [null],
    () => ({ toString: 1, valueOf: 1 }),
    () => JSON.parse('{"__proto__":{"name":1},"constructor":1}') as unknown,
    deep,
  ),
  fc.jsonValue().map((value) => () => value),
);
/** Where to break it, and how: another value, none, or one more key. */
const break_ = fc.record({
  steps: fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 4 }),
  how: fc.constantFrom('replace', 'replace', 'remove', 'add'),
  value: wrong,
  key: fc.constantFrom('extra', '__proto__', 'constructor', 'y'.repeat(150), 'toString', 'nodeName', 'ü'),
});

const broken = fc.array(break_, { minLength: 1, maxLength: 3 }).map((breaks) => {
  let document: unknown = structuredClone(whole);
  for (const { steps, how, value, key } of breaks) {
    let parent: Record<string, unknown> | undefined;
    let name = '';
    let current: unknown = document;
    for (const step of steps) {
      if (typeof current !== 'object' || current === null || Object.keys(current).length === 0) break;
      parent = current as Record<string, unknown>;
      name = Object.keys(parent)[step % Object.keys(parent).length] ?? '';
      current = parent[name];
    }
    if (parent === undefined) document = value();
    else if (how === 'remove')
      Array.isArray(parent) ? parent.splice(Number(name), 1) : Reflect.deleteProperty(parent, name);
    else if (how === 'add' && !Array.isArray(parent))
      Object.defineProperty(parent, key, { value: value(), enumerable: true, writable: true, configurable: true });
    else parent[name] = value();
  }
  return document;
});

describe('the schema of a pipeline', function () {
  this.timeout(60_000);

  it('says of 2,000 broken documents what the check of the engine says', () => {
    let refused = 0;
    fc.assert(
      fc.property(broken, (document) => {
        const text = textOf(strict, document);
        expect(text).to.equal(textOf(checkShape, document));
        if (text !== undefined) refused++;
      }),
      { numRuns: 2_000, seed: 8 },
    );
    expect(refused).to.be.greaterThan(1_000);
  });

  it('says the same once it has coerced what it can', () => {
    fc.assert(
      fc.property(broken, (document) => {
        const text = textOf(lenient, document);
        expect(text).to.equal(textOf(checkShape, document));
      }),
      { numRuns: 2_000, seed: 9 },
    );
  });
});
