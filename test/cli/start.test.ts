import { expect } from 'chai';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { State } from '../../src/cli/state';
import { freePort } from '../../src/temporal/ports';
import { isAlive } from '../../src/temporal/processes';
import { useCommandLine } from '../support/command-line';
import { TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { until } from '../support/until';

describe('temporal-pipelines', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);
  const run = useCommandLine();
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'start-'));
  });

  afterEach(async () => {
    await rm(dataDir, { recursive: true });
  });

  it('start runs a real server, worker and facade until SIGTERM', async () => {
    const port = String(await freePort(0));
    const { child, written, ended } = run(['start', '--port', port], { DATA_DIR: dataDir });
    await until('it is up', () => written.stdout.includes('Ctrl-C stops') || child.exitCode !== null, 60_000);
    expect(written.stdout).to.include('webhooks are unsigned').and.to.include(`http://127.0.0.1:${port}`);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).to.equal(200);
    const endpoint = { name: 'e', url: 'https://receiver.example', headers: { authorization: 'Bearer x' } };
    const added = await fetch(`http://127.0.0.1:${port}/api/v1/store/endpoints`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(endpoint),
    });
    expect(added.status).to.equal(201);
    expect((await stat(join(dataDir, 'secret-key'))).mode & 0o777).to.equal(0o600);
    const state = JSON.parse(await readFile(join(dataDir, 'state.json'), 'utf8')) as State;
    child.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
    for (const process of [state.temporal, state.worker, state.facade]) {
      expect(await isAlive(process?.pid ?? 0)).to.equal(false);
    }
  });

  it('says all that is wrong with the configuration and ends with 2', async () => {
    const { written, ended } = run(['worker', '--log-level', 'loud'], { PORT: 'x', DATA_DIR: dataDir });
    expect(await ended).to.deep.equal([2, null]);
    expect(written.stderr.trim().split('\n')).to.deep.equal([
      'temporal-pipelines: PORT: "x" is not a port from 0 to 65535',
      'temporal-pipelines: LOG_LEVEL: "loud" is not one of trace, debug, info, warn, error, fatal, silent',
    ]);
  });

  it('says in one line what else went wrong and ends with 1', async () => {
    const nobody = `127.0.0.1:${String(await freePort(0))}`;
    const { written, ended } = run(['serve'], { TEMPORAL_ADDRESS: nobody, DATA_DIR: dataDir });
    expect(await ended).to.deep.equal([1, null]);
    expect(written.stderr).to.equal(`temporal-pipelines: no Temporal server answers at ${nobody} (TEMPORAL_ADDRESS)\n`);
  });
});
