import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { State } from '../../src/cli/state';
import { connect } from '../../src/temporal/connection';
import { freePort } from '../../src/temporal/ports';
import { isAlive, killProcess } from '../../src/temporal/processes';
import { cronPrefix } from '../../workflows/messages';
import { useCommandLine, type CommandLine } from '../support/command-line';
import { TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { until } from '../support/until';

describe('cron over a kill -9 of server, worker and facade', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);
  const run = useCommandLine();
  let dataDir: string;
  let url: string;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'cron-'));
  });

  after(async () => {
    await rm(dataDir, { recursive: true });
  });

  async function start(): Promise<CommandLine & { readonly state: State }> {
    const port = String(await freePort(0));
    url = `http://127.0.0.1:${port}/api/v1`;
    const started = run(['start', '--port', port], { DATA_DIR: dataDir });
    const { child, written } = started;
    await until('it is up', () => written.stdout.includes('Ctrl-C stops') || child.exitCode !== null, 60_000);
    return { ...started, state: JSON.parse(await readFile(join(dataDir, 'state.json'), 'utf8')) as State };
  }

  async function post(path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.ok, await answer.text()).to.equal(true);
  }

  async function jobs(): Promise<readonly { readonly jobId: string }[]> {
    const answer = await fetch(`${url}/cron/results?name=ticks&limit=1000`);
    return answer.ok ? ((await answer.json()) as { jobId: string }[]) : [];
  }

  it('runs every second of it, each once', async () => {
    const { child, state } = await start();
    await post('/store/pipelines', {
      name: 'ticks',
      nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: [1] }],
      triggers: { cron: { pattern: '* * * * * *', enabled: true } },
    });
    await until('some have run', async () => (await jobs()).length >= 3);
    child.kill('SIGKILL');
    const pids = [state.temporal, state.worker, state.facade].map((one) => one?.pid ?? 0);
    for (const pid of pids) killProcess(pid, 'SIGKILL');
    await until('all are gone', async () => (await Promise.all(pids.map(isAlive))).every((alive) => !alive));
    const killedAt = Date.now();

    const { state: next } = await start();
    const client = await connect({ address: next.temporal?.address ?? '' });
    const query = `WorkflowType = 'startScheduled'`;
    /** The times, by the ids that the schedule has made of them. */
    const times = async (): Promise<number[]> => {
      const found: number[] = [];
      for await (const { workflowId } of client.workflow.list({
        query: `${query} AND ExecutionStatus = 'Completed'`,
      })) {
        found.push(Date.parse(workflowId.slice(`${cronPrefix('pipelines')}ticks-`.length)));
      }
      return found.sort((one, other) => one - other);
    };
    const upAt = Date.now();
    await until('some have run since', async () => (await times()).filter((at) => at > upAt).length >= 3, 60_000);
    await post('/cron/stop', { name: 'ticks' });
    await until('all that were begun have run', async () => {
      const { count } = await client.workflow.count(query);
      return count === (await times()).length && count === (await jobs()).length;
    });

    const ran = await times();
    expect(ran[0]).to.be.below(killedAt);
    const seconds = ran.map((at) => (at - (ran[0] ?? 0)) / 1_000);
    expect(seconds).to.deep.equal(ran.map((_, index) => index));
    expect(new Set((await jobs()).map(({ jobId }) => jobId)).size).to.equal(ran.length);
    await client.connection.close();
  });
});
