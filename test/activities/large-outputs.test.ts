import { expect } from 'chai';
import { LargeOutputs } from '../../activities/large-outputs';

const MOST = 16;

describe('large outputs in hand', () => {
  it('are full at sixteen, and let all look again who wait for room', async () => {
    const outputs = new LargeOutputs();
    const stores: ((failure?: Error) => void)[] = [];
    const store = (): Promise<void> =>
      new Promise((resolve, reject) =>
        stores.push((failure) => {
          if (failure === undefined) resolve();
          else reject(failure);
        }),
      );
    const held = Array.from({ length: MOST - 1 }, () => outputs.hold(store));
    expect(outputs.isFull).to.equal(false);
    held.push(outputs.hold(store));
    expect(outputs.isFull).to.equal(true);
    // Whoever goes on may hold nothing: one alone that is woken would leave the others waiting for ever.
    const waiting = Array.from({ length: 3 }, () => outputs.room());
    stores[0]?.();
    await Promise.all(waiting);
    expect(outputs.isFull).to.equal(false);
    for (const end of stores.slice(1)) end();
    await Promise.all(held);
  });

  it('are let go of where the store fails', async () => {
    const outputs = new LargeOutputs();
    const failed = Array.from({ length: MOST }, () => outputs.hold(() => Promise.reject(new Error('full disk'))));
    expect(outputs.isFull).to.equal(true);
    const ends = await Promise.allSettled(failed);
    expect(ends.map(({ status }) => status)).to.deep.equal(Array(MOST).fill('rejected'));
    expect(outputs.isFull).to.equal(false);
  });
});
