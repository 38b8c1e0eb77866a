import { expect } from 'chai';
import { Turns } from '../../activities/turns';

const TURN_MS = 20;

function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('turns of items that never yield', () => {
  /** Takes so many turns, noting each. */
  async function take(turns: Turns, name: string, count: number, order: string[]): Promise<void> {
    const own = turns.join();
    for (let turn = 0; turn < count; turn++) {
      await own.next();
      order.push(name);
      while (!own.isOver(performance.now())) spin(5);
    }
  }

  it('come to each block once, then to the oldest until it ends, and the event loop has its own between two', async () => {
    const turns = new Turns();
    const order: string[] = [];
    let isOver = false;
    const watch = (): void => {
      order.push('loop');
      if (!isOver) setImmediate(watch);
    };
    setImmediate(watch);
    await Promise.all(['a', 'b', 'c'].map((name) => take(turns, name, 3, order)));
    isOver = true;
    const blocks = order.filter((name) => name !== 'loop');
    expect(blocks).to.deep.equal(['a', 'b', 'c', 'a', 'a', 'b', 'b', 'c', 'c']);
    const isFollowed = order.map((name, at) => name === 'loop' || at === order.length - 1 || order[at + 1] === 'loop');
    expect(isFollowed).not.to.include(false);
  });

  it('come first to a block that has had none', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const first = take(turns, 'a', 4, order);
    await turns.join().next();
    await Promise.all([first, take(turns, 'late', 1, order)]);
    expect(order.indexOf('late')).to.be.below(3);
  });

  it('are over after a time, which is the same for all', async () => {
    const turns = new Turns();
    const [one, other] = [turns.join(), turns.join()];
    expect(one.isOver(performance.now())).to.equal(true);
    const before = performance.now();
    await one.next();
    expect(other.isOver(before + TURN_MS - 1)).to.equal(false);
    expect(other.isOver(performance.now() + TURN_MS)).to.equal(true);
  });
});
