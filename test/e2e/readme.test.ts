import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { after, before } from 'mocha';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { delimiter, dirname, join } from 'node:path';
import type { State } from '../../src/cli/state';
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { compiledPackage } from '../support/compiled';
import { ensurePython } from '../support/python';
import { OF_THE_PACKAGE, Program, Readme, ROOT, shell } from '../support/readme';
import { TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { makeSmallClone } from '../support/small-clone';
import { steadyPort } from '../support/steady-port';
import { until } from '../support/until';

interface ResultAnswer {
  readonly data?: readonly { readonly result: unknown }[];
  readonly error?: { readonly message: string };
}

// Each block of the README is run as it stands; only ports, which another process may hold, are replaced.

describe('the README', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);
  const readme = new Readme();
  const delivery = new Readme('docs/delivery.md');
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const programs: Program[] = [];
  const closing: Server[] = [];
  /** Inside a package, so that its own name resolves to what is compiled there. */
  let folder: string;
  let facadePort: number;
  let receiverPort: number;
  let endpointPort: number;

  function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const program = Program.start(command, args, { WEBHOOK_SECRETS: secret, ...env });
    programs.push(program);
    return program;
  }

  /** A command of npm, on the port of the receiver. */
  function listenBy(text: string): Program {
    const [command = '', ...args] = text.trim().split(' ');
    const given = args.includes('--') ? args : [...args, '--'];
    return start(command, [...given, '--port', String(receiverPort)], { NO_COLOR: '1' });
  }

  function onPorts(text: string): string {
    return text
      .replaceAll('localhost:3000', `localhost:${String(facadePort)}`)
      .replaceAll('localhost:8080', `localhost:${String(receiverPort)}`)
      .replaceAll('localhost:9000', `localhost:${String(endpointPort)}`)
      .replaceAll('8080', String(receiverPort));
  }

  async function post(text: string): Promise<Record<string, unknown>> {
    return JSON.parse(await shell(onPorts(text))) as Record<string, unknown>;
  }

  /** @returns the first of the two posts' answers, and the second's */
  async function postBoth(text: string): Promise<[Record<string, unknown>, Record<string, unknown>]> {
    const printed = await shell(onPorts(text));
    const [first = '', second = ''] = printed.split(/(?<=\})(?=\{)/);
    return [JSON.parse(first) as Record<string, unknown>, JSON.parse(second) as Record<string, unknown>];
  }

  before('start everything by the README', async () => {
    folder = await mkdtemp(join(compiledPackage(), 'readme-'));
    [facadePort, receiverPort, endpointPort] = [await steadyPort(), await steadyPort(), await steadyPort()];
    await writeFile(join(folder, 'algorithms.mjs'), readme.take('// algorithms.mjs'));
    const [command = '', ...args] = readme.take('\nnpm start\n').trim().split(' ');
    const started = start(command, args, {
      PORT: String(facadePort),
      DATA_DIR: join(folder, 'data'),
      ALGORITHMS: join(folder, 'algorithms.mjs'),
      TEMPORAL_ADDRESS: '',
    });
    await started.says('Ctrl-C stops all of it', 120_000);
  });

  after('stop everything', async () => {
    for (const server of closing.splice(0)) server.close();
    for (const program of programs.splice(0)) await program.end();
    await rm(folder, { recursive: true });
  });

  it('has the two commands, of which CI runs the one and this test the other', async () => {
    const [demo = '', test = ''] = readme.take('npm run demo').split('\n');
    expect(demo).to.match(/^npm ci && npm run demo /);
    expect(test).to.match(/^npm ci && npm test /);
    expect(await readFile(join(ROOT, '.ci/run'), 'utf8')).to.match(/npm ci[\s\S]*npm test/);
    const clone = join(folder, 'clone');
    await makeSmallClone(clone);
    const env = { DATA_DIR: join(folder, 'demo'), TEMPORAL_ADDRESS: '' };
    const printed = await shell(`cd '${clone}' && npm run demo`, env);
    expect(printed).to.match(/(\d+) received, \1 verified, 0 duplicates dropped/);
    expect(printed).to.include('everything was as promised');
  });

  it('has a receiver that shows what the quick start sends, as it is shown', async () => {
    const receiver = listenBy(readme.take('\nnpm run listen\n'));
    await receiver.says('Ctrl-C');
    await post(readme.take('"http://localhost:8080/progress"'));
    await until('all four are there', () => receiver.output.match(/→ 204$/gm)?.length === 4);
    const seen = receiver.output.split('\n').filter((line) => line.includes('→'));
    const bare = (line: string) =>
      line
        .replace(/^\S+/, '')
        .replace(/batch:\S+/, '')
        .replace('– not checked', '✔ verified   ');
    const shown = readme.take('– not checked').trim().split('\n');
    expect(seen.map(bare)).to.have.members(shown.map(bare));
    await receiver.end();
    expect(receiver.output).to.include('4 received, 4 verified, 0 refused, 0 duplicates, 0 failed on purpose');
  });

  it('has one that fails as it is told', async () => {
    const receiver = listenBy(readme.take('npm run listen -- --fail'));
    await receiver.says('500, 503:30s, timeout, reset, slow:3s, then ok; on result webhooks only');
    await post(readme.take('"http://localhost:8080/progress"'));
    await receiver.says('→ 500, on purpose');
    expect(receiver.output).to.match(/progress .* → 204$/m);
    await receiver.end();
  });

  async function startInPython(file: string): Promise<Program> {
    const python = await ensurePython();
    const app = ['receiver:app', '--port', String(receiverPort), '--app-dir', dirname(file)];
    return start(python, ['-m', 'uvicorn', ...app]);
  }

  /** Sends one signed event and its duplicate. @returns what was answered */
  async function sendTwice(): Promise<number[]> {
    const [id, body, at] = [`msg_${randomUUID()}`, JSON.stringify({ mark: 'once' }), new Date()];
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
      'x-pipeline-event': 'result',
    };
    const post = () => fetch(`http://localhost:${String(receiverPort)}/result`, { method: 'POST', headers, body });
    return [(await post()).status, (await post()).status];
  }

  for (const [name, mark, run] of [
    ['in Node', '// receiver.mjs', (file: string) => Promise.resolve(start(process.execPath, [file]))],
    ['in Python', '# receiver.py', startInPython],
  ] as const) {
    it(`has a receiver ${name}, in ten lines, that verifies what the quick start sends`, async () => {
      const code = readme.take(mark);
      expect(code.split('\n').filter((line) => line !== '' && line !== mark)).to.have.length(10);
      const file = join(folder, mark.replace(/.* /, ''));
      await writeFile(file, onPorts(code));
      const receiver = await run(file);
      await until('it listens', () =>
        fetch(`http://localhost:${String(receiverPort)}/`).then(
          () => true,
          () => false,
        ),
      );
      const { jobId } = await post(readme.take('"http://localhost:8080/progress"'));
      await receiver.says('result ');
      for (const part of ['pending', 'completed', 'green#3']) await receiver.says(part);
      const { status } = await fetch(`http://localhost:${String(receiverPort)}/`, { method: 'POST', body: '{}' });
      expect(status, 'what is not signed').to.equal(401);
      expect(await sendTwice()).to.deep.equal([204, 204]);
      await receiver.says('once');
      await receiver.end();
      expect(receiver.output.match(/once/g), 'a duplicate is dropped').to.have.length(1);
      const polled = await shell(onPorts(readme.take('/exec/status/$JOB_ID')), { JOB_ID: String(jobId) });
      expect(polled).to.include('"100.00% completed, 3 succeed"').and.to.include('"result":30');
    });
  }

  it('stores a pipeline and runs it', async () => {
    const [stored, { jobId }] = await postBoth(readme.take('/exec/stored'));
    expect(stored).to.include({ name: 'tens' });
    expect(await resultOf(String(jobId))).to.deep.equal([10, 20, 30]);
  });

  it('asks for the record of deliveries, and sends again', async () => {
    const printed = await shell(onPorts(readme.take('/webhooks/redeliver')));
    const [listed, redelivered, tested] = printed.split(/(?<=\})(?=\{)/).map((text) => JSON.parse(text) as object);
    expect(listed).to.have.property('hits').that.is.an('array');
    expect(redelivered).to.have.property('redelivering').that.is.a('number');
    expect(tested, 'nobody listens there').to.include({ error: 'connect' });
  });

  it('stores algorithms of other homes, and runs the endpoint', async () => {
    const endpoint = createServer((request, response) => {
      void request.toArray().then((chunks) => {
        const { input } = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as { input: number[] };
        response.end(String(input.reduce((sum, value) => sum + value, 0)));
      });
    });
    endpoint.listen(endpointPort, '127.0.0.1');
    await once(endpoint, 'listening');
    closing.push(endpoint);
    const [http, activity] = await postBoth(readme.take('/store/algorithms'));
    expect([http['name'], activity['name']]).to.deep.equal(['sum-alg', 'train-alg']);
    const nodes = [{ nodeName: 'sum', algorithmName: 'sum-alg', input: [1, 2, 3] }];
    const { jobId } = await post(
      `curl -s localhost:3000/api/v1/exec/raw -H 'content-type: application/json' -d '${JSON.stringify({ name: 'sum', nodes })}'`,
    );
    expect(await resultOf(String(jobId))).to.deep.equal([6]);
  });

  it('stores what holds for one receiver, and shows no secret of it', async () => {
    const endpoint = await post(readme.take('/store/endpoints'));
    expect(endpoint).to.deep.include({ name: 'billing', rateLimit: 10 });
    expect(JSON.stringify(endpoint)).to.not.include('whsec_').and.to.not.include('Bearer');
  });

  it('has commands for deliveries in its sister, which answer', async () => {
    const url = `http://localhost:${String(await steadyPort())}/gone`;
    const nodes = [{ nodeName: 'green', algorithmName: 'green-alg', input: [1] }];
    const { jobId } = await post(
      `curl -s localhost:3000/api/v1/exec/raw -H 'content-type: application/json' -d '${JSON.stringify({ name: 'deaf', nodes, webhooks: { result: url } })}'`,
    );
    expect(await resultOf(String(jobId))).to.deep.equal([10]);
    const list = `http://localhost:${String(facadePort)}/api/v1/webhooks/deliveries?jobId=${String(jobId)}`;
    const id = await until('its first attempt is listed', async () => {
      const { hits } = (await (await fetch(list)).json()) as { hits: { id: string; attempts: unknown[] }[] };
      return hits.find(({ attempts }) => attempts.length > 0)?.id;
    });
    const state = JSON.parse(await readFile(join(folder, 'data', 'state.json'), 'utf8')) as State;
    const env = {
      JOB_ID: String(jobId),
      WEBHOOK_ID: id,
      TEMPORAL_ADDRESS: state.temporal?.address,
      PATH: [dirname(await findTemporalCli()), process.env['PATH']].join(delimiter),
    };
    const run = (mark: string, before = '') =>
      shell(onPorts(before + delivery.take(mark)).replaceAll('https://example.com/hook', url), env);
    const asked = await run('$API/webhooks/list');
    const sent = await run('$API/webhooks/test', `${/^API=.*$/m.exec(delivery.take('API='))?.[0] ?? ''}\n`);
    for (const printed of [asked, sent]) expect(/"error":\{.*/.exec(printed)?.[0]).to.equal(undefined);
    expect(asked.match(/"hits":\[/g)).to.have.length(3);
    expect(asked.split(id).length, 'in three answers').to.be.at.least(4);
    expect(sent.match(/\{"redelivering":\d+\}/g)).to.have.length(2);
    expect(sent, 'nobody listens there').to.match(/"error":"connect"[^}]*\}$/);
    const told = await run('temporal workflow describe');
    expect(told)
      .to.include(`${String(jobId)}/result`)
      .and.to.include('deliverWebhook');
    expect(delivery.untaken()).to.deep.equal([]);
  });

  it('has nothing that was not run', () => {
    // Those the test of the package runs, where it is installed.
    for (const mark of OF_THE_PACKAGE) readme.take(mark);
    expect(readme.untaken()).to.deep.equal([]);
  });

  async function resultOf(jobId: string): Promise<unknown[]> {
    const url = `http://localhost:${String(facadePort)}/api/v1/exec/results/${jobId}`;
    return await until(`${jobId} has results`, async () => {
      const { data, error } = (await (await fetch(url)).json()) as ResultAnswer;
      if (data === undefined && error?.message.includes('because its in') !== true) throw new Error(error?.message);
      return data?.map(({ result }) => result);
    });
  }
});
