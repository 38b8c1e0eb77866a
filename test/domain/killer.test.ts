import { expect } from 'chai';
import { isEnded } from '../../src/domain/job';
import { LATEST_VERSION } from '../../src/domain/settings';
import { Engine, itemsOf } from '../support/engine';

/** A worker that runs all blocks in flight, and dies with all of them as long as a killer is among them. */
function runWithKillers(
  version: number,
  width: number,
  killers: readonly number[],
  window: number,
  limit: number,
): Engine {
  const engine = new Engine(
    {
      name: 'p',
      nodes: [{ nodeName: 'green', algorithmName: 'alg', input: [`#[1...${String(width)}]`], retry: { limit } }],
    },
    { window, version },
  ).start();
  while (!isEnded(engine.job)) {
    const inHand = [...engine.running];
    const isLost = inHand.some((block) => itemsOf(block).some(({ batchIndex = 0 }) => killers.includes(batchIndex)));
    for (const block of inHand) {
      if (isLost) engine.lose(block, 'the worker was lost');
      else engine.end(block, ...itemsOf(block).map(() => ({ result: 1 })));
    }
  }
  return engine;
}

describe('an item that kills its worker', () => {
  for (const [width, killers, window, limit = 3] of [
    [1_000, [500], 8],
    [100, [1], 50],
    [100, [100], 50],
    [60, [7, 8], 10],
    [60, [30], 7, 1],
    [60, [7, 8], 10, 1],
    [60, [7, 8], 10, 2],
  ] as const) {
    const runs = `${String(width)}, ${String(window)} at a time, ${String(limit)} retries`;
    for (const version of [1, LATEST_VERSION]) {
      it(`fails alone: ${killers.join(' and ')} of ${runs}, version ${String(version)}`, () => {
        const { data = [] } = runWithKillers(version, width, killers, window, limit).record().results;
        const failed = data.filter(({ error }) => error !== undefined).map(({ batchID }) => batchID);
        expect(failed).to.deep.equal(killers.map((item) => `green#${String(item)}`));
      });
    }
  }
});
