import { expect } from 'chai';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { State } from '../../src/cli/state';
import { startAll, type Running } from '../../src/cli/supervisor';
import { loadConfig } from '../../src/config';
import { adoptDevServer, portOf } from '../../src/temporal/dev-server';
import { freePort, isPortFree, isPortOpen } from '../../src/temporal/ports';
import { isAlive } from '../../src/temporal/processes';
import { compiled } from '../support/compiled';
import { LIGHT_ENTRY } from '../support/light-entry';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { until } from '../support/until';

describe('supervisor', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);
  let dataDir: string;
  let lines: string[];
  let running: Running | undefined;
  let environment: NodeJS.ProcessEnv;
  const others: ChildProcess[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'supervisor-'));
    lines = [];
    environment = { ...process.env };
    delete process.env['TEMPORAL_ADDRESS'];
  });

  afterEach(async () => {
    await running?.stop();
    running = undefined;
    process.env = environment;
    // A test that fails half-way leaves nothing running either.
    for (const child of others.splice(0)) child.kill('SIGKILL');
    const { temporal } = await state().catch((): State => ({}));
    if (temporal !== undefined) await (await adoptDevServer(temporal, dataDir))?.stop();
    await rm(dataDir, { recursive: true });
  });

  async function start(env: Record<string, string> = { PORT: '0' }): Promise<Running> {
    const config = loadConfig({ ...env, DATA_DIR: dataDir });
    running = await startAll(config, { log: (line) => lines.push(line), entry: LIGHT_ENTRY });
    return running;
  }

  async function failureOf(env: Record<string, string>): Promise<string> {
    return await start(env).then(
      () => 'none',
      (error: unknown) => (error as Error).message,
    );
  }

  async function state(): Promise<State> {
    return JSON.parse(await readFile(join(dataDir, 'state.json'), 'utf8')) as State;
  }

  /** The processes of the last start, once all three are noted. */
  async function pids(): Promise<number[]> {
    return await until('all are noted', async () => {
      const { temporal, worker, facade } = await state();
      return temporal !== undefined && worker !== undefined && facade !== undefined
        ? [temporal.pid, worker.pid, facade.pid]
        : undefined;
    });
  }

  it('starts a server, a worker and a facade, and leaves nothing behind', async () => {
    const { facadeUrl, temporalAddress, uiUrl, stop, workerPid } = await start();
    expect(await (await fetch(facadeUrl)).text()).to.equal(temporalAddress);
    expect((await fetch(String(uiUrl))).status).to.equal(200);
    expect(lines).to.deep.equal(['webhooks are unsigned: WEBHOOK_SECRETS is not set']);
    const started = await pids();
    expect(started[1]).to.equal(workerPid());
    await stop();
    expect(await Promise.all(started.map(isAlive))).to.deep.equal([false, false, false]);
    expect(await isPortFree(portOf(facadeUrl))).to.equal(true);
    expect(await readdir(dataDir)).to.not.include.members(['state.json']);
    expect(await readdir(dataDir)).to.not.include.members(['supervisor.json']);
  });

  it('starts a dead worker again, and says so in one line, as soon the next time', async () => {
    const { killWorker, workerPid } = await start();
    const told: string[] = [];
    for (let death = 1; death <= 2; death++) {
      const last = workerPid();
      killWorker();
      const again = await until('the new one is noted', async () => {
        const { worker } = await state();
        return worker !== undefined && worker.pid !== last ? worker.pid : undefined;
      });
      expect(again).to.equal(workerPid());
      told.push('the worker has ended (SIGKILL): starting it again in 1 s');
      expect(lines.slice(1)).to.deep.equal(told);
      await until('it is ready', () => existsSync(join(dataDir, `ready-${String(again)}`)));
    }
  });

  it('starts a dead server again where it was', async () => {
    const { temporalAddress } = await start();
    const first = (await state()).temporal?.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await until('another server', async () => (await state()).temporal?.pid !== first);
    await until('it answers', () => isPortOpen(portOf(temporalAddress)));
    expect(lines.slice(1)).to.deep.equal(['the Temporal server has ended: starting it again']);
  });

  describe('and another one', () => {
    /** A supervisor in a process of its own, ready. */
    async function other(): Promise<{ pid: number; kill: () => void; temporalAddress: string }> {
      const child = fork(compiled(require.resolve('../support/light-supervisor')), {
        execArgv: [],
        env: { ...process.env, DATA_DIR: dataDir, PORT: String(await freePort(0)) },
      });
      others.push(child);
      const [message] = (await once(child, 'message')) as [{ error?: string; temporalAddress: string }];
      expect(message.error).to.equal(undefined);
      return { pid: child.pid ?? 0, kill: () => child.kill('SIGKILL'), temporalAddress: message.temporalAddress };
    }

    it('on the same directory is refused, naming the one that runs', async () => {
      const { pid, kill } = await other();
      expect(await failureOf({})).to.match(new RegExp(`^already running on .* as process ${String(pid)}: .*DATA_DIR$`));
      kill();
      await until('it is gone', async () => !(await isAlive(pid)));
      await start();
    });

    it('killed with -9 takes worker and facade along; the server stays and is adopted', async () => {
      const { kill, temporalAddress } = await other();
      const [server = 0, ...children] = await pids();
      kill();
      await until('the children have ended', async () => !(await Promise.all(children.map(isAlive))).includes(true));
      expect(await isAlive(server)).to.equal(true);
      expect((await start()).temporalAddress).to.equal(temporalAddress);
      expect((await state()).temporal?.pid).to.equal(server);
      expect(lines[0]).to.equal(`using the Temporal server that still runs as process ${String(server)}`);
      await running?.stop();
      expect(await isAlive(server)).to.equal(false);
    });
  });

  it('is not held up by what a dead one has left', async () => {
    const gone = { pid: process.pid, command: 'an earlier process of this id' };
    const temporal = { pid: process.pid, address: '127.0.0.1:1', uiUrl: 'http://127.0.0.1:2' };
    await writeFile(join(dataDir, 'supervisor.json'), JSON.stringify(gone));
    await writeFile(join(dataDir, 'state.json'), JSON.stringify({ temporal, worker: gone, facade: gone }));
    await start();
    expect(await pids()).to.not.include(process.pid);
  });

  it('gives way where the default port is taken, but not where PORT was asked for', async () => {
    const blocker = createServer();
    const port = await freePort(3_000);
    await new Promise<void>((resolve) => blocker.listen(port, '127.0.0.1', resolve));
    try {
      expect(await failureOf({ PORT: String(port) })).to.equal(
        `PORT: 127.0.0.1:${String(port)} is taken by another process`,
      );
      const { facadeUrl } = await start({});
      expect(portOf(facadeUrl)).to.not.equal(port);
    } finally {
      blocker.close();
    }
  });

  it('stops the others where one does not come up', async () => {
    process.env['LIGHT_CHILD_FAILS'] = 'serve';
    const port = await freePort(0);
    expect(await failureOf({ PORT: String(port) })).to.equal('the facade has ended at its start (exit code 3)');
    expect(await readdir(dataDir)).to.not.include('state.json');
    delete process.env['LIGHT_CHILD_FAILS'];
    await start({ PORT: String(port) });
  });

  it('uses the server that TEMPORAL_ADDRESS names, and leaves it running', async () => {
    const { address } = await sharedTemporal();
    process.env['TEMPORAL_ADDRESS'] = address;
    const { facadeUrl, stop, temporalAddress, uiUrl } = await start();
    expect(temporalAddress).to.equal(address);
    expect(uiUrl).to.equal(undefined);
    expect(await (await fetch(facadeUrl)).text()).to.equal(address);
    await stop();
    expect(await isPortOpen(portOf(address))).to.equal(true);
  });
});
