import { expect } from 'chai';
import { fromRuns } from '../../src/domain/index-runs';
import type { RunBlock } from '../../src/domain/hand-out';
import { LATEST_VERSION } from '../../src/domain/settings';
import { Engine } from '../support/engine';

const one = { result: 1 };

function job(input: string, node: object = {}, settings: object = {}): Engine {
  const green = { nodeName: 'green', algorithmName: 'alg', input: [input], ...node };
  return new Engine({ name: 'p', nodes: [green] }, { version: 2, ...settings });
}

const widthOf = ({ input }: RunBlock): number => fromRuns(input.items ?? []).length;

describe('the first items of a node', () => {
  it('share a block where they are few', () => {
    const engine = job('#[1...3]').start();
    expect(engine.summaries()).to.deep.equal(['green#1…#3']);
    expect(engine.running[0]?.input.shared).to.deep.equal({ blockId: 1, afterMs: 20 });
    engine.end('green#1…#3', one, one, one);
    expect(engine.record().results.data).to.have.lengthOf(3);
  });

  it('ride alone once some were given back, while the first are in hand', () => {
    const engine = job('#[1...3]').start();
    engine.share('green#1…#3', 1);
    expect(engine.summaries().slice(1)).to.deep.equal(['green#2', 'green#3']);
    expect(engine.job.counts).to.include({ active: 3, pending: 0 });
    engine.end('green#3', one);
    engine.end('green#2', one);
    expect(engine.job.status).to.equal('active');
    engine.end('green#1…#3', one);
    expect(engine.record().results.data).to.have.lengthOf(3);
  });

  it('are not run again by a block that was lost after it gave them back', () => {
    const engine = job('#[1...3]').start();
    const shared = engine.share('green#1…#3', 1);
    engine.lose(shared, 'gone');
    expect(engine.summaries()).to.deep.equal(['green#2', 'green#3', 'green#1']);
  });

  it('are given back once, and by no block that has ended', () => {
    const engine = job('#[1...3]').start();
    const block = engine.share('green#1…#3', 2);
    engine.apply({ type: 'restGivenBack', blockId: block.blockId, begun: 1, ended: [] });
    expect(engine.summaries().slice(1)).to.deep.equal(['green#3']);
    engine.end(block, one, one);
    engine.apply({ type: 'restGivenBack', blockId: block.blockId, begun: 1, ended: [] });
    expect(engine.job.counts).to.include({ succeed: 2, active: 1 });
  });

  it('do not wait for one that takes its time beside them', () => {
    const engine = job('#[1...3]', {}, {}).start();
    const block = engine.share('green#1…#3', 2, one);
    expect(engine.job.counts).to.include({ succeed: 1, active: 2 });
    engine.end('green#3', one);
    engine.end(block, one, { result: 2 });
    const values = engine.record().results.data?.map(({ result }) => result);
    expect(values).to.deep.equal([1, 2, 1]);
  });

  it('fail once, though the end of their block tells it again', () => {
    const engine = job('#[1...3]').start();
    const block = engine.share('green#1…#3', 2, { error: 'no' });
    engine.lose(block, 'gone', [{ error: 'no' }, null]);
    expect(engine.job.counts).to.include({ failed: 1, active: 2 });
    expect(engine.summaries()).to.deep.equal(['green#3', 'green#2']);
  });

  it('wait where the job is paused', () => {
    const engine = job('#[1...3]').start();
    engine.apply({ type: 'pause' });
    engine.share('green#1…#3', 1);
    expect(engine.job.counts).to.include({ active: 1, pending: 2 });
    engine.apply({ type: 'resume' });
    expect(engine.summaries().slice(1)).to.deep.equal(['green#2', 'green#3']);
  });

  it('of a wide node are one block, and nothing else goes out before it tells', () => {
    const engine = job('#[1...2000]').start();
    expect(engine.running.map(widthOf)).to.deep.equal([16]);
    engine.end('green#1…#16', ...Array<typeof one>(16).fill(one));
    expect(engine.running.map(widthOf)).to.deep.equal([1984]);
  });

  it('of a wide node are spread where they take their time', () => {
    const engine = job('#[1...2000]').start();
    engine.share('green#1…#16', 1);
    expect(engine.running.map(widthOf)).to.deep.equal(Array(16).fill(1));
  });

  const alone: [string, Engine][] = [
    ['of a node that is neither small nor wide', job('#[1...200]')],
    ['where nobody may run them again', job('#[1...3]', { retry: { policy: 'Never' } })],
    ['of a job of an earlier version', job('#[1...3]', {}, { version: 1 })],
    [
      'that are activities of others',
      job('#[1...3]', {}, { homes: { alg: { kind: 'activity', taskQueue: 'q', type: 't' } } }),
    ],
  ];
  for (const [what, engine] of alone) {
    it(`ride alone ${what}`, () => {
      engine.start();
      expect(engine.running.slice(0, 3).map(widthOf)).to.deep.equal([1, 1, 1]);
      expect(engine.running[0]?.input).not.to.have.property('shared');
    });
  }
});

describe('items of a later round', () => {
  const later = (width: number, settings: object = {}, node: object = {}): Engine =>
    job(`#[1...${String(width)}]`, node, { version: LATEST_VERSION, ...settings }).start();
  const widths = ({ running }: Engine): number[] => running.map(widthOf);
  const singles = (count: number): number[] => Array<number>(count).fill(1);

  it('share blocks while nothing is known of the first ones, as many as there are rounds of the window', () => {
    const engine = later(200);
    // 16 single items leave 184, which are 3 rounds of 50; once only 149 are left they are 2.
    expect(widths(engine)).to.deep.equal([...singles(16), ...Array<number>(12).fill(3), ...Array<number>(22).fill(2)]);
    expect(engine.running[0]?.input).not.to.have.property('shared');
    expect(engine.running[16]?.input.shared).to.deep.equal({ blockId: 17, afterMs: 200 });
  });

  it('are at most four, however many rounds there are', () => {
    expect(widths(later(500)).slice(16)).to.deep.equal(Array(34).fill(4));
  });

  it('are given back where they take long, and run like all others', () => {
    const engine = later(200);
    engine.share('green#17…#19', 1);
    expect(engine.job.counts).to.include({ active: 94, pending: 106 });
    engine.end('green#1', { result: 10 });
    expect(engine.summaries()).to.include('green#18');
    engine.run(({ input }) => ({ result: Number((input as number[])[0]) * 10 }));
    const values = engine.record().results.data?.map(({ result }) => result);
    expect(values).to.deep.equal(Array.from({ length: 200 }, (_, index) => (index + 1) * 10));
  });

  it('are sized by what is known once something is', () => {
    const engine = later(200);
    engine.end('green#1', one);
    expect(engine.running.at(-1)?.input).not.to.have.property('shared');
  });

  const alone: [string, Engine][] = [
    ['less than two rounds are left', later(115)],
    ['nobody may run them again', later(200, {}, { retry: { policy: 'Never' } })],
    ['one that is lost would be in its last run', later(200, {}, { retry: { policy: 'OnCrash', limit: 1 } })],
    ['an earlier version has started the job', later(200, { version: 6 })],
    ['they are activities of others', later(200, { homes: { alg: { kind: 'activity', taskQueue: 'q', type: 't' } } })],
  ];
  for (const [what, engine] of alone) {
    it(`ride alone where ${what}`, () => {
      expect(widths(engine)).to.deep.equal(singles(50));
    });
  }
});
