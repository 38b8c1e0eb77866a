import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { isAlive } from '../../src/temporal/processes';

describe('a process', () => {
  it('is alive until it has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    expect(await isAlive(child.pid ?? 0)).to.equal(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isAlive(child.pid ?? 0)).to.equal(false);
  });

  // Only Linux tells a process that has ended and is still listed.
  if (process.platform === 'linux') {
    it('that is reaped while one looks at it is not alive', async () => {
      const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
      const stat = `/proc/${String(child.pid)}/stat`;
      // Node reaps between two turns of its event loop, so not as long as this goes on.
      while (!readFileSync(stat, 'utf8').includes(') Z '));
      // More than can be read before the next turn: the later ones find nothing to read.
      const looks = await Promise.all(Array.from({ length: 100 }, () => isAlive(child.pid ?? 0)));
      expect(looks.filter(Boolean)).to.deep.equal([]);
    });
  }
});
