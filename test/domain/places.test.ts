import { expect } from 'chai';
import fc from 'fast-check';
import { checkPlaces, COMING_MS, Places } from '../../src/domain/places';

const again = (places: Places): Places => {
  const state: unknown = JSON.parse(JSON.stringify(places.toState()));
  checkPlaces(state);
  return new Places(state);
};
const ask = (jobId: string, amount = 2) => ({ jobId, amount });

describe('places', () => {
  it('are taken until there are none, and again once one is given back', () => {
    const places = new Places();
    expect(['a', 'b', 'c'].map((jobId) => places.take(ask(jobId), false, 0))).to.deep.equal([true, true, false]);
    places.leave('a');
    expect(places.take(ask('c'), false, 0)).to.equal(true);
  });

  it('are had once, however often a job asks', () => {
    const places = new Places();
    for (const entered of [false, true, false]) expect(places.take(ask('a', 1), entered, 0)).to.equal(true);
    places.leave('a');
    expect(places.isEmpty).to.equal(true);
  });

  it('are counted for each by its own amount', () => {
    const places = new Places();
    expect([3, 3, 1, 2, 3].map((amount, index) => places.take(ask(String(index), amount), false, 0))).to.deep.equal([
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it('go to those that wait in their order, before any that comes', () => {
    const places = new Places();
    for (const jobId of ['a', 'b', 'c', 'd']) places.lineUp(ask(jobId, 1), true, 0);
    expect(places.admit()).to.deep.equal(['a']);
    places.leave('c');
    expect(places.take(ask('x', 2), false, 0)).to.equal(false);
    places.leave('a');
    expect(again(places).admit()).to.deep.equal(['b']);
  });

  it('wait for a job that is not there yet, and tell it when it comes', () => {
    const places = new Places();
    places.lineUp(ask('a', 1), false, 0);
    places.lineUp(ask('b', 1), true, 0);
    expect(places.admit()).to.deep.equal([]);
    expect(places.has('a')).to.equal(true);
    expect(places.take(ask('a', 1), true, 0)).to.equal(true);
  });

  it('are free again where a job has ended, or was not started for half a minute', () => {
    const places = new Places();
    for (const jobId of ['ended', 'missing', 'here']) places.take(ask(jobId, 3), false, 0);
    places.lineUp(ask('never', 3), false, 0);
    expect(places.toLookAfter(COMING_MS)).to.deep.equal(['ended', 'missing', 'here']);
    places.note({ ended: ['ended'], missing: ['missing'] }, COMING_MS);
    expect(['ended', 'missing', 'here'].map((jobId) => places.has(jobId))).to.deep.equal([false, true, true]);
    expect(places.toLookAfter(COMING_MS + 1)).to.deep.equal(['missing', 'here', 'never']);
    places.note({ ended: [], missing: ['missing', 'never'] }, COMING_MS + 1);
    expect(places.hasWaiting).to.equal(false);
    expect(places.has('missing')).to.equal(false);
  });

  it('are passed on as JSON, short where the ids begin alike', () => {
    const places = new Places();
    const ids = Array.from({ length: 10_000 }, (_, index) => `${'x'.repeat(200)}:${String(index).padStart(36, '0')}`);
    for (const jobId of ids) places.take(ask(jobId, 10_000), true, 1_700_000_000_000);
    expect(JSON.stringify(places.toState()).length).to.be.below(1_000_000);
    const restored = again(places);
    expect(ids.every((jobId) => restored.has(jobId))).to.equal(true);
  });

  const step = fc.record({
    kind: fc.constantFrom('take', 'take', 'line up', 'line up', 'enter', 'leave', 'end', 'restore'),
    job: fc.nat({ max: 11 }).map((index) => `p:${String(index)}`),
  });

  it('are never more than there are, and never lost, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 80 }), (amount, steps) => {
        let places = new Places();
        const ended = new Set<string>();
        const waiting: string[] = [];
        const running = new Set<string>();
        for (const { kind, job } of steps) {
          // A job that has ended does not come again.
          if (ended.has(job) && kind !== 'restore') continue;
          const known = running.has(job) || waiting.includes(job);
          if (kind === 'take' && !waiting.includes(job)) {
            const isFree = running.size + waiting.length < amount;
            expect(places.take({ jobId: job, amount }, false, 0)).to.equal(running.has(job) || isFree);
            if (isFree) running.add(job);
          } else if (kind === 'line up' || kind === 'enter') {
            places.lineUp({ jobId: job, amount }, kind === 'enter', 0);
            if (!known) waiting.push(job);
          } else if (kind === 'leave' || kind === 'end') {
            if (kind === 'leave') places.leave(job);
            else places.note({ ended: [job], missing: [] }, 0);
            if (known) ended.add(job);
            running.delete(job);
            if (waiting.includes(job)) waiting.splice(waiting.indexOf(job), 1);
          } else places = again(places);
          places.admit();
          while (running.size < amount && waiting.length > 0) running.add(waiting.shift() ?? '');
          const held = Array.from({ length: 12 }, (_, index) => `p:${String(index)}`).filter((id) => places.has(id));
          expect(held).to.have.members([...running]);
          expect(held.length).to.be.at.most(amount);
        }
      }),
      { numRuns: 500 },
    );
  });
});
