import { expect } from 'chai';
import { createKept } from '../src/kept';

/** Reads that are answered, or fail, when the test says so. */
function createReads() {
  const open: { resolve(value: string): void; reject(error: Error): void }[] = [];
  let count = 0;
  return {
    read: () =>
      new Promise<string>((resolve, reject) => {
        count++;
        open.push({ resolve, reject });
      }),
    answer: (value: string) => open.shift()?.resolve(value),
    fail: (error: Error) => open.shift()?.reject(error),
    count: () => count,
  };
}

describe('what is kept', () => {
  let now: number;
  let reads: ReturnType<typeof createReads>;
  let ask: () => Promise<string>;

  /** Reads anew, which takes from 2,001 until then. */
  async function readUntil(end: number): Promise<void> {
    now = 2_001;
    const asked = ask();
    now = end;
    reads.answer('second');
    expect(await asked).to.equal('second');
  }

  beforeEach(async () => {
    now = 1;
    reads = createReads();
    ask = createKept(reads.read, { forMs: 1_000, staleForMs: 1_000, now: () => now });
    const asked = [ask(), ask()];
    reads.answer('first');
    expect(await Promise.all(asked)).to.deep.equal(['first', 'first']);
  });

  it('is read once for all who ask within its time', async () => {
    now = 1_000;
    expect(await ask()).to.equal('first');
    expect(reads.count()).to.equal(1);
  });

  it('is told as it was while it is read anew', async () => {
    now = 1_002;
    expect(await ask()).to.equal('first');
    expect(await ask()).to.equal('first');
    expect(reads.count()).to.equal(2);
    reads.answer('second');
    await new Promise(setImmediate);
    expect(await ask()).to.equal('second');
    expect(reads.count()).to.equal(2);
  });

  it('is waited for where it is older than that, also by those who ask while it is read', async () => {
    now = 1_500;
    expect(await ask()).to.equal('first');
    now = 2_001;
    const asked = ask();
    reads.answer('second');
    expect(await asked).to.equal('second');
    expect(reads.count()).to.equal(2);
  });

  it('is as old as the question that it answers', async () => {
    await readUntil(2_600);
    now = 3_001;
    expect(await ask()).to.equal('second');
    expect(reads.count()).to.equal(2);
    now = 3_002;
    expect(await ask()).to.equal('second');
    expect(reads.count()).to.equal(3);
  });

  it('is waited for where reading it has taken longer than it may be old', async () => {
    await readUntil(7_001);
    now = 7_003;
    const later = ask();
    reads.answer('third');
    expect(await later).to.equal('third');
  });

  it('is read again after it could not be read, and only who waited is told of that', async () => {
    now = 1_000;
    expect(await ask()).to.equal('first');
    reads.fail(new Error('away'));
    await new Promise(setImmediate);
    now = 2_001;
    const asked = ask();
    reads.fail(new Error('still away'));
    expect(await asked.catch((error: unknown) => (error as Error).message)).to.equal('still away');
    const again = ask();
    reads.answer('third');
    expect(await again).to.equal('third');
  });
});
