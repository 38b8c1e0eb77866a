import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Slots, SlotsByKey } from '../../src/domain/slots';

describe('slots', () => {
  it('let so many run at a time, in the order in which they came, whatever becomes of them', async () => {
    const slots = new Slots(2);
    const began: number[] = [];
    let running = 0;
    let most = 0;
    const act = (number: number) => async (): Promise<number> => {
      began.push(number);
      most = Math.max(most, ++running);
      await nextTurn();
      running--;
      if (number % 2 === 0) throw new Error(String(number));
      return number;
    };
    const ended = await Promise.allSettled([1, 2, 3, 4, 5].map((number) => slots.run(act(number))));
    expect(ended.map(({ status }) => status)).to.deep.equal(
      [1, 0, 1, 0, 1].map((ok) => (ok ? 'fulfilled' : 'rejected')),
    );
    expect(began).to.deep.equal([1, 2, 3, 4, 5]);
    expect(most).to.equal(2);
    // All are free again.
    await Promise.all([slots.run(act(7)), slots.run(act(9))]);
    expect(most).to.equal(2);
  });
});

describe('slots by their keys', () => {
  it("are one key's own, and forgotten once nobody uses them", async () => {
    const slots = new SlotsByKey(1);
    const began: string[] = [];
    const ends: (() => void)[] = [];
    const act = (name: string) => (): Promise<void> => {
      began.push(name);
      return new Promise((resolve) => ends.push(resolve));
    };
    const acts = Promise.all([slots.run('a', act('a1')), slots.run('a', act('a2')), slots.run('b', act('b1'))]);
    expect(began).to.deep.equal(['a1', 'b1']);
    expect(slots.size).to.equal(2);
    while (ends.length > 0) {
      ends.shift()?.();
      await nextTurn();
    }
    await acts;
    expect(began).to.deep.equal(['a1', 'b1', 'a2']);
    expect(slots.size).to.equal(0);
  });
});
