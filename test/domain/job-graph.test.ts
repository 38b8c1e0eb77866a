import { expect } from 'chai';
import fc from 'fast-check';
import { endingOf, statesOfEnding } from '../../src/domain/job-ending';
import { statesOf, toGraph, type ItemQuery } from '../../src/domain/job-graph';
import { Engine, type Item } from '../support/engine';

const node = (nodeName: string, ...input: readonly string[]) => ({ nodeName, algorithmName: `${nodeName}-alg`, input });
const pipeline = (...nodes: object[]) => ({ name: 'p', nodes, options: { batchTolerance: 100 } });
const plansOf = ({ job }: Engine) => job.nodes.map(({ plan }) => plan);

const failsOn =
  (...failing: readonly number[]) =>
  ({ batchIndex = 0 }: Item) =>
    failing.includes(batchIndex) ? { error: `boom ${String(batchIndex)}` } : { result: batchIndex };

/** As a reader of the record has it. */
function fromRecord(engine: Engine, query: ItemQuery = {}) {
  const { ending = [], results } = engine.record();
  return statesOfEnding(ending, plansOf(engine), results.failures ?? [], query);
}

describe('the graph of a job', () => {
  const chain = pipeline(node('green', '#[1,2,3,4]'), node('yellow', '*@green'), node('black', '@yellow'));

  it('tells how each item stands while it runs', () => {
    const engine = new Engine(chain, { window: 2 }).start();
    engine.end('green#1', { result: 1 });
    engine.end('green#2', { error: 'boom' });
    const [green, yellow, black] = statesOf(engine.job, {});
    expect(green).to.deep.equal({
      states: { succeed: 1, failed: 1, active: 1, pending: 1 },
      total: 4,
      batch: [
        { batchIndex: 1, status: 'succeed' },
        { batchIndex: 2, status: 'failed', error: 'boom' },
        { batchIndex: 3, status: 'active' },
        { batchIndex: 4, status: 'pending' },
      ],
    });
    expect(yellow?.batch?.map(({ status }) => status)).to.deep.equal(['active', 'skipped', 'creating', 'creating']);
    expect(black).to.deep.equal({ states: { creating: 1 } });
    const graph = toGraph('j', 1, plansOf(engine), statesOf(engine.job, {}));
    expect(graph.nodes.map(({ status }) => status)).to.deep.equal(['active', 'active', 'creating']);
  });

  it('counts as many items of each status as it has', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), fc.nat(30), (fails, ended) => {
        const engine = new Engine(pipeline(node('green', `#[1...${String(fails.length)}]`))).start();
        for (let turn = 0; turn < Math.min(ended, fails.length - 1); turn++) {
          const [block] = engine.running;
          if (block !== undefined)
            engine.end(
              block,
              ...(block.input.items ?? []).flatMap(([first, count]) =>
                Array.from({ length: count }, (_, at) => (fails[first + at - 1] ? { error: 'boom' } : { result: 1 })),
              ),
            );
        }
        const [green] = statesOf(engine.job, {});
        const counted: Record<string, number> = {};
        for (const { status } of green?.batch ?? []) counted[status] = (counted[status] ?? 0) + 1;
        expect(counted).to.deep.equal(green?.states);
      }),
      { numRuns: 50 },
    );
  });

  it('tells the same from the record once it has ended', () => {
    const engine = new Engine(chain).start().run(failsOn(2));
    expect(fromRecord(engine)).to.deep.equal([
      {
        states: { succeed: 3, failed: 1 },
        total: 4,
        batch: ['succeed', 'failed', 'succeed', 'succeed'].map((status, index) => ({ batchIndex: index + 1, status })),
      },
      {
        states: { succeed: 3, skipped: 1 },
        total: 4,
        batch: ['succeed', 'skipped', 'succeed', 'succeed'].map((status, index) => ({ batchIndex: index + 1, status })),
      },
      { states: { succeed: 1 } },
    ]);
    expect(engine.record().ending).to.deep.equal(['1s1f2s', '1s1k2s', '1s']);
  });

  it('tells of what a stop has left, and of nodes that never opened', () => {
    const engine = new Engine(chain, { window: 2 }).start();
    engine.end('green#1', { result: 1 });
    engine.apply({ type: 'stop', reason: 'enough' });
    expect(engine.record().ending).to.deep.equal(['1s3x', '4x', '']);
    const graph = toGraph('j', 1, plansOf(engine), fromRecord(engine), 'green');
    expect(graph.nodes.map(({ status, states }) => [status, states])).to.deep.equal([
      ['stopped', { succeed: 1, stopped: 3 }],
    ]);
    expect(graph.edges).to.deep.equal([{ from: 'green', to: 'yellow', value: { types: ['waitAny', 'input'] } }]);
    expect(fromRecord(engine)[2]).to.deep.equal({ states: { stopped: 1 } });
  });

  it('knows an empty batch for one skipped task', () => {
    const engine = new Engine(pipeline(node('green', '#[]'))).start();
    const told = { states: { skipped: 1 }, total: 0, batch: [] };
    expect(fromRecord(engine)).to.deep.equal([told]);
    expect(statesOf(engine.job, {})).to.deep.equal([told]);
  });

  it('keeps a batch of a hundred thousand in a few bytes, and of one that is all holes its counts', () => {
    const wide = pipeline(node('green', '#[1...100000]'));
    const engine = new Engine(wide).start().run(failsOn(5, 6, 90_000));
    expect(endingOf(engine.job)).to.deep.equal(['4s2f89993s1f10000s']);
    const holes = new Engine(wide)
      .start()
      .run(({ batchIndex = 0 }) => failsOn(batchIndex % 2 === 0 ? batchIndex : 0)({ batchIndex } as Item));
    holes.keepAll();
    expect(endingOf(holes.job)).to.deep.equal(['~50000s50000f']);
    expect(fromRecord(holes)).to.deep.equal([{ states: { succeed: 50_000, failed: 50_000 }, total: 100_000 }]);
  });

  it('tells no more of it than there is room for', () => {
    const many = Array.from({ length: 22_000 }, (_, index) => node(`n${String(index)}`));
    const engine = new Engine(pipeline(...many)).start();
    engine.apply({ type: 'stop', reason: 'enough' });
    expect(engine.record().ending).to.equal(undefined);
  });

  describe('answers the items that are asked for', () => {
    const engine = new Engine(pipeline(node('green', '#[1...2000]'), node('yellow', '#[1,2]')))
      .start()
      .run(failsOn(7, 1_999));
    const live = (query: ItemQuery) => statesOf(engine.job, query);
    const indexes = (states: ReturnType<typeof live>, position = 0) =>
      states[position]?.batch?.map(({ batchIndex }) => batchIndex);

    for (const [query, answer] of [
      [{ from: 2, to: 5 }, [3, 4, 5]],
      [{ order: 'desc', from: 0, to: 3 }, [2000, 1999, 1998]],
      [{ sort: 'status', to: 3 }, [7, 1999, 1]],
      [{ sort: 'status', order: 'desc', from: 1_997 }, [2000, 7, 1999]],
      [{ from: 1_998 }, [1999, 2000]],
      [{ from: 5_000 }, []],
      [{ from: 3, to: 2 }, []],
    ] as const satisfies readonly (readonly [ItemQuery, readonly number[]])[]) {
      it(JSON.stringify(query), () => {
        expect(indexes(live(query)), 'while it runs').to.deep.equal(answer);
        expect(indexes(fromRecord(engine, query)), 'by its record').to.deep.equal(answer);
      });
    }

    it('of one node, or a thousand of each', () => {
      expect(live({}).map(({ batch }) => batch?.length)).to.deep.equal([1_000, 2]);
      expect(live({ node: 'yellow' }).map(({ batch }) => batch?.length)).to.deep.equal([undefined, 2]);
      expect(live({ node: 'yellow' })[0]).to.include({ total: 2_000 });
    });
  });
});

describe('what people have done to a job', () => {
  it('is kept with its record, over runs of its workflow', () => {
    const engine = new Engine(pipeline(node('green', '#[1,2]'))).start();
    const startedAt = engine.now;
    const act = (event: { type: 'pause' } | { type: 'resume' } | { type: 'stop'; reason: string }) => {
      engine.now += 1_000;
      engine.apply(event);
    };
    act({ type: 'pause' });
    act({ type: 'pause' });
    engine.running.splice(0);
    engine.continueRun();
    act({ type: 'resume' });
    act({ type: 'stop', reason: 'enough' });
    expect(engine.record().actions).to.deep.equal([
      { at: startedAt + 1_000, action: 'pause' },
      { at: startedAt + 3_000, action: 'resume' },
      { at: startedAt + 4_000, action: 'stop', reason: 'enough' },
    ]);
  });

  it('is not what time does', () => {
    const engine = new Engine(pipeline(node('green'))).start();
    engine.now += 4_000_000;
    engine.apply({ type: 'tick' });
    expect(engine.record().results.reason).to.equal('pipeline expired');
    expect(engine.record()).not.to.have.property('actions');
  });

  it('is the last hundred of it', () => {
    const engine = new Engine(pipeline(node('green'))).start();
    for (let turn = 0; turn < 150; turn++) engine.apply({ type: turn % 2 === 0 ? 'pause' : 'resume' });
    engine.now += 1;
    engine.apply({ type: 'stop', reason: 'enough' });
    expect(engine.record().actions).to.have.lengthOf(100);
    expect(engine.record().actions?.at(-1)).to.include({ action: 'stop' });
  });
});
