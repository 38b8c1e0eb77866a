import { Connection } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';
import { expect } from 'chai';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { portOf, startDevServer, type DevServer } from '../../src/temporal/dev-server';
import { isPortFree } from '../../src/temporal/ports';
import { commandLine, isAlive } from '../../src/temporal/processes';
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { TEMPORAL_START_TIMEOUT } from '../support/temporal';

describe('dev server', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'dev-server-'));
  });

  afterEach(async () => {
    await rm(dir, { recursive: true });
  });

  describe('startDevServer', () => {
    let server: DevServer | undefined;

    afterEach(async () => {
      await server?.stop();
      server = undefined;
    });

    it('keeps its database and log in the data directory, answers, and is gone after stop', async () => {
      server = await startDevServer({ dataDir: dir, port: 0, uiPort: 0 });
      expect(await commandLine(server.pid)).to.include('server start-dev');
      expect((await fetch(server.uiUrl)).status).to.equal(200);
      expect((await stat(join(dir, 'temporal.db'))).isFile()).to.equal(true);
      expect((await stat(join(dir, 'temporal.log'))).isFile()).to.equal(true);
      await server.stop();
      expect(await isAlive(server.pid)).to.equal(false);
      expect(await isPortFree(portOf(server.address))).to.equal(true);
    });

    it('keeps closed jobs for 14 days, and all data over a restart', async () => {
      server = await startDevServer({ dataDir: dir, port: 0, uiPort: 0 });
      const first = await namespaceOf(server);
      await server.stop();
      server = await startDevServer({ dataDir: dir, port: 0, uiPort: 0 });
      expect(await namespaceOf(server)).to.deep.equal(first);
      expect(first.retention).to.equal(14 * 86_400_000);
    });

    it('takes another port where the preferred one is taken', async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = other.address() as AddressInfo;
        server = await startDevServer({ port, uiPort: port });
        expect(portOf(server.address)).to.not.equal(port);
        expect(portOf(server.uiUrl)).to.not.equal(port);
        expect((await fetch(server.uiUrl)).status).to.equal(200);
      } finally {
        other.close();
      }
    });

    it("fails at once with the server's own words", async () => {
      await writeFile(join(dir, 'temporal.db'), 'this is no database, and long enough for anyone to see that');
      const started = Date.now();
      const error = await startDevServer({ dataDir: dir, port: 0, uiPort: 0 }).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error?.message).to.match(/the Temporal server has ended at its start: .*not a database/s);
      expect(Date.now() - started).to.be.below(10_000);
    });
  });

  describe('findTemporalCli', () => {
    /** A file that could be run; finding it must not depend on what it does. */
    async function executable(path: string): Promise<string> {
      await copyFile(process.execPath, path);
      await chmod(path, 0o755);
      return path;
    }

    it('takes the one on the search path first, then one installed before', async () => {
      const [onPath, cacheDir] = [join(dir, 'on-path'), join(dir, 'cache')];
      await mkdir(onPath);
      await mkdir(join(cacheDir, 'temporal-2'), { recursive: true });
      const cached = await executable(join(cacheDir, 'temporal-2', 'temporal'));
      const path = [join(dir, 'absent'), onPath].join(delimiter);
      expect(await findTemporalCli({ cacheDir, path })).to.equal(cached);
      await writeFile(join(onPath, 'temporal'), 'not executable');
      expect(await findTemporalCli({ cacheDir, path })).to.equal(cached);
      await chmod(join(onPath, 'temporal'), 0o755);
      expect(await findTemporalCli({ cacheDir, path })).to.equal(join(onPath, 'temporal'));
      expect(await readFile(join(onPath, 'temporal'), 'utf8')).to.equal('not executable');
    });
  });
});

async function namespaceOf(server: DevServer): Promise<{ id: unknown; retention: number | undefined }> {
  const connection = await Connection.connect({ address: server.address });
  try {
    const found = await connection.workflowService.describeNamespace({ namespace: 'default' });
    const retention = found.config?.workflowExecutionRetentionTtl;
    return { id: found.namespaceInfo?.id, retention: retention ? tsToMs(retention) : undefined };
  } finally {
    await connection.close();
  }
}
