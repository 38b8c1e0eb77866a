import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { State } from '../../src/cli/state';
import { connect } from '../../src/temporal/connection';
import { freePort } from '../../src/temporal/ports';
import { isAlive } from '../../src/temporal/processes';
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { useCommandLine } from '../support/command-line';
import { useFacade } from '../support/facade';
import { useWorker } from '../support/suite';
import { TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { until } from '../support/until';

describe('temporal-pipelines setup', function () {
  this.timeout(60_000);
  const run = useCommandLine();
  let server: ChildProcess;
  let address: string;

  before('start a server with nothing of ours', async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    const binary = await findTemporalCli();
    const port = String(await freePort(0));
    address = `127.0.0.1:${port}`;
    server = spawn(binary, ['server', 'start-dev', '--headless', '--port', port, '--log-level', 'never'], {
      stdio: 'ignore',
    });
    await until('the server answers', async () => {
      const connection = await Connection.connect({ address, connectTimeout: 500 }).catch(() => undefined);
      await connection?.close();
      return connection !== undefined;
    });
  });

  after('stop the server', async () => {
    server.kill('SIGKILL');
    await once(server, 'exit');
  });

  /** The report without colours, a line as its mark and its subject, and the exit code. */
  async function setup(namespace: string, ...flags: readonly string[]) {
    const { written, ended } = run(['setup', ...flags], {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      NO_COLOR: '1',
    });
    const [code] = await ended;
    expect(written.stderr).to.equal('');
    const lines = written.stdout.trim().split('\n');
    return { code, text: written.stdout, marks: lines.map((line) => line.replace(/:.*/, '')) };
  }

  it('says what is to be done, does its own part, and tells a server that heeds no priorities', async () => {
    const seen = await setup('default', '--check');
    expect(seen.marks).to.deep.equal(['✘ namespace default', '✘ search attributes', '? priorities', '? fairness']);
    expect(seen.text).to.include('temporal operator namespace update --namespace default --retention 336h');
    expect(seen.code).to.equal(1);
    const done = await setup('default');
    expect(done.marks).to.deep.equal(['✘ namespace default', '✔ search attributes', '✘ priorities', '? fairness']);
    expect(done.text).to.include('registered PipelineName, ').and.to.include('matching.useNewMatcher: true');
    expect(done.code).to.equal(1);
  });

  it('changes nothing with --check, makes a namespace without, and is content the second time', async () => {
    const namespace = `test-${randomUUID()}`;
    const seen = await setup(namespace, '--check');
    expect(seen.marks).to.deep.equal([`✘ namespace ${namespace}`]);
    expect((await setup(namespace, '--check')).text).to.equal(seen.text);
    expect((await setup(namespace)).text).to.include(`✔ namespace ${namespace}: made`);
    const again = await setup(namespace, '--check');
    expect(again.text).to.include('keeps a job 336h').and.to.include('search attributes: all there');
    expect(again.code).to.equal(0);
  });

  it('leaves no workflow of its trial behind', async () => {
    const client = await connect({ address });
    try {
      await until('all are gone', async () => (await client.workflow.count()).count === 0);
    } finally {
      await client.connection.close();
    }
  });
});

describe('temporal-pipelines setup, health and dev', function () {
  this.timeout(60_000);
  const run = useCommandLine();
  const suite = useWorker({ algorithms: {} });
  const facade = useFacade(suite, []);

  it('setup sees that our own server heeds priorities', async () => {
    const { written, ended } = run(['setup'], { TEMPORAL_ADDRESS: suite.temporal.address, NO_COLOR: '1' });
    expect(await ended).to.deep.equal([0, null]);
    expect(written.stdout).to.include('✔ priorities: heeded').and.to.include('✔ search attributes: all there');
  });

  it('setup counts a retention that is shorter than the webhooks are tried', async () => {
    const namespace = `test-${randomUUID()}`;
    const { workflowService } = suite.client;
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('48 hours') });
    const env = { TEMPORAL_ADDRESS: suite.temporal.address, TEMPORAL_NAMESPACE: namespace, NO_COLOR: '1' };
    const look = async (schedule: string) => {
      const { written, ended } = run(['setup', '--check', '--webhook-retry-schedule', schedule], env);
      await ended;
      return written.stdout.split('\n')[0];
    };
    await until('the namespace is there', () =>
      workflowService.describeNamespace({ namespace }).then(
        () => true,
        () => false,
      ),
    );
    expect(await look('0s,30h')).to.equal(`✔ namespace ${namespace}: keeps a job 48h after its end`);
    expect(await look('0s,50h'))
      .to.include('✘')
      .and.to.include('may be tried for 60h');
  });

  it('health tells a facade that is ready from one that is not there', async () => {
    const { port } = new URL(facade.url);
    for (const flags of [[], ['--live']]) {
      const { written, ended } = run(['health', '--port', port, ...flags], {});
      expect(await ended, written.stderr).to.deep.equal([0, null]);
      expect(written.stdout).to.include(flags.length === 0 ? 'readyz answers 200' : 'healthz answers 200');
    }
    const nobody = run(['health', '--port', String(await freePort(0))], {});
    expect(await nobody.ended).to.deep.equal([1, null]);
    expect(nobody.written.stderr).to.include('does not answer');
  });

  it('health --worker asks Temporal for the worker of this machine', async () => {
    const env = { TEMPORAL_ADDRESS: suite.temporal.address };
    const served = run(['health', '--worker', '--task-queue', suite.worker.taskQueue], env);
    expect(await served.ended, served.written.stderr).to.deep.equal([0, null]);
    const unserved = run(['health', '--worker', '--task-queue', randomUUID()], env);
    expect(await unserved.ended).to.deep.equal([1, null]);
    expect(unserved.written.stderr).to.include('was not seen');
  });

  it('dev runs a server with all that jobs need until SIGTERM', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'dev-'));
    const { child, written, ended } = run(['dev'], { DATA_DIR: dataDir, NO_COLOR: '1' });
    await until('it is up', () => written.stdout.includes('Ctrl-C stops') || child.exitCode !== null);
    const address = /temporal +(\S+)/.exec(written.stdout)?.[1] ?? '';
    const page = /its page +(\S+)/.exec(written.stdout)?.[1] ?? '';
    expect((await fetch(page)).status).to.equal(200);
    const checked = run(['setup', '--check'], { TEMPORAL_ADDRESS: address });
    expect(await checked.ended, checked.written.stdout).to.deep.equal([0, null]);
    const { temporal } = JSON.parse(await readFile(join(dataDir, 'state.json'), 'utf8')) as State;
    expect(await isAlive(temporal?.pid ?? 0)).to.equal(true);
    child.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
    // By its process: another server may have its port at once.
    expect(await isAlive(temporal?.pid ?? 0)).to.equal(false);
    await rm(dataDir, { recursive: true });
  });
});
