import { expect } from 'chai';
import fc from 'fast-check';
import { isFailure } from '../../src/domain/block';
import type { ProgressBody, TaskChange } from '../../src/domain/events';
import { LATEST_VERSION } from '../../src/domain/settings';
import { isEnded, type NodeState } from '../../src/domain/job';
import type { Json } from '../../src/domain/json';
import { LEVELS, passes, type Level } from '../../src/domain/verbosity';
import { Account, taskKey } from '../support/account';

const retryPolicy = fc.constantFrom('Never', 'OnError', 'OnCrash', 'Always');
const outcomeKinds = fc.array(fc.constantFrom('ok', 'ok', 'ok', 'ok', 'error', 'final'), {
  minLength: 1,
  maxLength: 7,
});

/** Reads only nodes that come before it, so that no cycle can be. */
const nodeAt = (position: number) => {
  const names = Array.from({ length: position }, (_, index) => `n${String(index)}`);
  const references = names.flatMap((name) => [`@${name}`, `@${name}.list`, `#@${name}`, `*@${name}.list`]);
  const own: Json[] = [
    1,
    'text',
    [],
    {},
    '@flowInput.a',
    '#[]',
    '#[1,a,[2]]',
    '#[1...5]',
    '#[1...200]',
    '#[1...150]',
    '#@flowInput.l',
  ];
  const form = fc.constantFrom<Json>(...own, ...references).chain((leaf) => fc.constantFrom<Json>(leaf, { x: [leaf] }));
  return fc
    .record({
      nodeName: fc.constant(`n${String(position)}`),
      algorithmName: fc.constant('alg'),
      includeInResults: fc.boolean(),
      retry: fc.record({ policy: retryPolicy, limit: fc.integer({ min: 1, max: 3 }) }),
      cartesian: fc.boolean(),
      forms: fc.array(form, { maxLength: 3 }),
    })
    .map(({ cartesian, forms, ...node }) => ({
      ...node,
      batchOperation: cartesian ? 'cartesian' : 'indexed',
      // A product with more than one other batch would be too wide to run here.
      input: cartesian ? [...forms.slice(0, 1), '#[1,2]'] : forms,
    }));
};

/** Where the node that is read is no batch, or the reader's forms are multiplied, `*@` would be refused: then it is `@`. */
function withWaitAnyOfBatchesOnly<Node extends { nodeName: string; batchOperation: string; input: Json[] }>(
  nodes: Node[],
): Node[] {
  const batches = new Set<string>();
  return nodes.map((node) => {
    const text = JSON.stringify(node.input).replaceAll(/\*@(n\d)/g, (form, name: string) => {
      return batches.has(name) && node.batchOperation === 'indexed' ? form : `@${name}`;
    });
    if (/"[#*][@[]/.test(text)) batches.add(node.nodeName);
    return { ...node, input: JSON.parse(text) as Json[] };
  });
}

const document = fc
  .integer({ min: 1, max: 6 })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, position) => nodeAt(position))))
  .map(withWaitAnyOfBatchesOnly)
  .chain((nodes) =>
    fc.record({
      name: fc.constant('p'),
      nodes: fc.shuffledSubarray(nodes, { minLength: nodes.length }),
      flowInput: fc.constant({ a: { b: 1 }, l: ['x', 'y'] }),
      options: fc.record({
        batchTolerance: fc.constantFrom(0, 1, 20, 50, 80, 99, 100, 100, 100),
        progressVerbosityLevel: fc.constantFrom<Level>(...LEVELS),
      }),
    }),
  );

const often = <Value>(weight: number, value: Value) => ({ weight, arbitrary: fc.constant(value) });
const blockKinds = [
  often(6, 'end' as const),
  often(1, 'lose' as const),
  often(1, 'give back' as const),
  often(2, 'share' as const),
];
const otherKinds = [
  often(2, 'take' as const),
  ...(['pass', 'pause', 'resume', 'continue'] as const).map((kind) => often(1, kind)),
];
const stepOf = <Kind>(kind: fc.Arbitrary<Kind>) => fc.record({ kind, pick: fc.nat(), outcomes: outcomeKinds });
const scenario = fc.record({
  document,
  window: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 17, max: 40 })),
  version: fc.constantFrom(1, 2, LATEST_VERSION),
  stores: fc.boolean(),
  isWide: fc.boolean(),
  steps: fc.array(stepOf(fc.oneof(...blockKinds, ...otherKinds)), { maxLength: 100, size: 'max' }),
  stopAt: fc.option(fc.nat({ max: 200 }), { freq: 4 }),
  rest: fc.array(stepOf(fc.oneof(...blockKinds, often(2, 'take' as const))), { maxLength: 10, size: 'max' }),
});

const warnedTasks = (tasks: readonly TaskChange[] = []) =>
  tasks
    .filter(({ error }) => error !== undefined)
    .map(({ nodeName, batchID, status, error = '' }) => `warn ${batchID ?? nodeName} ${status} ${error}`);
const toldBy = ({ level, status, tasks }: ProgressBody) =>
  level === 'warn' ? warnedTasks(tasks) : [`${level} ${status}`];

describe('any pipeline under any outcomes', function () {
  // Seconds by themselves, and many where others are at work on the machine.
  this.timeout(60_000);

  const holds = (what: string, check: (account: Account, level: Level) => void) =>
    it(what, () => {
      fc.assert(
        fc.property(scenario, (one) => check(new Account(one).finish(), one.document.options.progressVerbosityLevel)),
        { numRuns: 250 },
      );
    });

  holds('ends as its outcomes say, each of which is in the result exactly once', ({ engine, ended, told }) => {
    const { job } = engine;
    expect(isEnded(job)).to.equal(true);
    expect(told.at(-1)?.split(' ')[1]).to.equal(job.status);
    const succeeded = (node: NodeState, index: number) => 'result' in (ended.get(taskKey(node, index)) ?? {});
    const isSkipped = ({ plan, parents }: NodeState, index: number) =>
      parents
        .filter((parent) => plan.waitAny.includes(parent.plan.nodeName) && index < parent.width)
        .some((parent) => !succeeded(parent, index));
    const expected = job.nodes
      .filter(({ plan }) => plan.included)
      .flatMap((node) =>
        Array.from({ length: node.width }, (_, index) => index)
          .filter((index) => !isSkipped(node, index))
          .map((index) => ended.get(taskKey(node, index))),
      );
    const data = engine
      .record()
      .results.data?.map(({ result, error }) => (error === undefined ? { result } : { error }));
    const outcomes = expected.map((outcome) => {
      return outcome === undefined || !isFailure(outcome) ? outcome : { error: outcome.error };
    });
    expect(data).to.deep.equal(job.status === 'completed' ? outcomes : undefined);
  });

  holds(
    'tells each subscriber all that passes its filter, in order, and its end last',
    ({ engine, told, warnings }, level) => {
      const { received, job } = engine;
      const fixed = received.filter((body) => passes('info', body.level));
      const expected = told.filter((text) => passes(level, LEVELS.find((name) => text.startsWith(name)) ?? 'trace'));
      if (warnings.length <= 100) expect(fixed.flatMap(toldBy)).to.deep.equal(expected);
      else if (level !== 'trace') {
        const [calm, warned] = [false, true].map((is) =>
          fixed.filter((body) => (body.level === 'warn') === is).flatMap(toldBy),
        );
        expect(calm).to.deep.equal(expected.filter((text) => !text.startsWith('warn')));
        expect(warned).to.deep.equal(passes(level, 'warn') ? warnings : []);
      }
      const end = job.record?.status;
      if (end !== undefined && passes(level, end.level)) expect(received.at(-1)?.status).to.equal(job.status);
      if (passes(level, 'debug')) expect(received.some((body) => !passes('info', body.level))).to.equal(true);
      for (const { data } of received) {
        if (data?.progress === '100.00') expect(data.details).not.to.match(/active|pending|creating|stopped/);
      }
    },
  );
});
