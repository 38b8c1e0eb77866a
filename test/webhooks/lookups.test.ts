import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lookups, type ResolvedAddress } from '../../src/webhooks/lookups';
import { until } from '../support/until';

const FOUND: readonly ResolvedAddress[] = [{ address: '192.0.2.1', family: 4 }];
const SLOW_MS = 20;

describe('look-ups', () => {
  let asked: string[];
  let answers: Map<string, () => void>;

  /** A name that begins with `silent` is answered only when a test says so. */
  function lookups(places: number): Lookups {
    asked = [];
    answers = new Map();
    const ask = async (name: string): Promise<readonly ResolvedAddress[]> => {
      asked.push(name);
      if (name.startsWith('unknown')) throw new Error('not found');
      if (name.startsWith('silent')) await new Promise<void>((resolve) => answers.set(name, resolve));
      return FOUND;
    };
    return new Lookups(ask, { places, slowMs: SLOW_MS });
  }

  it('are made once for all who wait for a name, and anew for who comes later', async () => {
    const all = lookups(2);
    const found = [all.find('silent.example'), all.find('SILENT.example')];
    await until('it is asked for', () => answers.has('silent.example'));
    answers.get('silent.example')?.();
    expect(await Promise.all(found)).to.deep.equal([FOUND, FOUND]);
    expect(asked).to.deep.equal(['silent.example']);
    await all.find('quick.example');
    await all.find('quick.example');
    expect(asked.slice(1)).to.deep.equal(['quick.example', 'quick.example']);
  });

  it('tell all of them that there is none', async () => {
    const all = lookups(1);
    const failures = await Promise.allSettled([all.find('unknown.example'), all.find('unknown.example')]);
    expect(failures.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect(await all.find('quick.example')).to.equal(FOUND);
  });

  it('ask anew for a name at which the resolver threw', async () => {
    let calls = 0;
    const all = new Lookups(
      () => {
        calls++;
        if (calls === 1) throw new TypeError('no such name can be');
        return Promise.resolve(FOUND);
      },
      { places: 1, slowMs: SLOW_MS },
    );
    const first = await all.find('odd.example').catch((error: unknown) => error);
    expect(first).to.be.instanceOf(TypeError);
    expect(await all.find('odd.example')).to.equal(FOUND);
  });

  it('keep a place for names that were quick', async () => {
    const all = lookups(2);
    await all.find('quick.example');
    const waiting = ['silent-1', 'silent-2'].map((name) => all.find(name));
    expect(await all.find('quick.example')).to.equal(FOUND);
    expect(asked).to.deep.equal(['quick.example', 'silent-1', 'quick.example']);
    for (const name of ['silent-1', 'silent-2']) {
      await until(`${name} is asked for`, () => answers.has(name));
      answers.get(name)?.();
    }
    await Promise.all(waiting);
  });

  it('of names that were slow leave half of the places to the others', async () => {
    const all = lookups(4);
    const names = ['silent-1', 'silent-2', 'silent-3'];
    const first = names.map((name) => all.find(name));
    for (const name of names) {
      await until(`${name} is asked for`, () => answers.has(name));
      await sleep(2 * SLOW_MS);
      answers.get(name)?.();
    }
    await Promise.all(first);
    asked = [];
    answers.clear();
    const second = names.map((name) => all.find(name));
    // Nothing is known of it.
    expect(await all.find('new.example')).to.equal(FOUND);
    expect(asked).to.deep.equal(['silent-1', 'silent-2', 'new.example']);
    // One that is quick again is no longer slow.
    answers.get('silent-1')?.();
    await second[0];
    const again = all.find('silent-1');
    expect(asked).to.deep.equal(['silent-1', 'silent-2', 'new.example', 'silent-3', 'silent-1']);
    for (const name of names) answers.get(name)?.();
    await Promise.all([...second, again]);
  });
});
