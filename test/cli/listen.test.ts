import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parseFaults } from '../../src/cli/listen/faults';
import type { WebhookRequest } from '../../src/domain/delivery';
import { parseSecrets, signatureHeaders } from '../../src/webhooks/sign';
import { useCommandLine, type CommandLine } from '../support/command-line';
import { until } from '../support/until';
import { closeSenders, request, SECRET, sender } from '../webhooks/senders';

// The command as a person runs it, in its own process; what it gets is sent by our own sender over TCP.

const OTHER_SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX';

describe('temporal-pipelines listen', function () {
  this.timeout(30_000);
  const run = useCommandLine();
  afterEach(closeSenders);

  /** Starts it on a free port. @returns where it listens, what it has printed, and its end by Ctrl-C */
  async function start(flags: readonly string[], env: NodeJS.ProcessEnv = { WEBHOOK_SECRETS: SECRET }) {
    const command = run(['listen', '--port', '0', ...flags], { WEBHOOK_SECRETS: '', NO_COLOR: '1', ...env });
    const { written, child } = command;
    await until('it listens', () => written.stdout.includes('Ctrl-C') || child.exitCode !== null);
    const url = /http:\S+/.exec(written.stdout)?.[0];
    expect(url, written.stderr).not.to.equal(undefined);
    const head = written.stdout;
    const printed = (): string => written.stdout.slice(head.length);
    /** The lines of webhooks: what is answered may arrive before what is printed. */
    const lines = (count: number): Promise<string[]> =>
      until(`${String(count)} lines`, () => {
        const found = printed()
          .split('\n')
          .filter((line) => line.includes(' → '));
        return found.length >= count && found;
      });
    return { url: String(url), head, printed, lines, end: () => interrupt(command) };
  }

  async function interrupt({ child, written, ended }: CommandLine): Promise<string> {
    child.kill('SIGINT');
    expect(await ended).to.deep.equal([0, null]);
    expect(written.stderr).to.equal('');
    return written.stdout.trim().split('\n').at(-1) ?? '';
  }

  function progress(url: string, rest: Partial<WebhookRequest> = {}): WebhookRequest {
    const body = JSON.stringify({ jobId: 'batch:1', status: 'active', data: { progress: '33.33' } });
    return request(url, { sequence: 2, attempt: 1, webhookId: randomUUID(), body, ...rest });
  }

  /** By hand, for what our sender would not send. @returns the status code */
  async function post(url: string, secret: string, now: number, body = '{}'): Promise<number> {
    const signature = signatureHeaders({ id: randomUUID(), body, secrets: parseSecrets(secret), now });
    return (await fetch(url, { method: 'POST', body, headers: { ...signature } })).status;
  }

  it('rehearses every fault in its order, as our sender sees it, and then takes all', async () => {
    const faults = ['500', '503:7s', '410', 'timeout', 'reset', 'close', 'redirect', 'slow:300ms', 'ok'];
    const { url, head, lines, end } = await start(['--fail', faults.join(',')]);
    expect(head).to.include('500, 503:7s, 410, timeout, reset, close, redirect, slow:300ms, ok, then ok');
    const seen: unknown[] = [];
    for (let attempt = 1; attempt <= 10; attempt++) {
      const deadlineMs = attempt === 4 ? 500 : 5_000;
      const { startedAt, durationMs, ...outcome } = await sender().send(progress(url, { attempt, deadlineMs }));
      expect(Date.parse(startedAt)).to.be.closeTo(Date.now(), 10_000);
      if (attempt === 8) expect(durationMs).to.be.at.least(300);
      seen.push(outcome);
    }
    expect(seen).to.deep.equal([
      { statusCode: 500, error: 'status' },
      { statusCode: 503, error: 'status', retryAfterMs: 7_000 },
      { statusCode: 410, error: 'status' },
      { error: 'timeout' },
      { error: 'reset' },
      { error: 'reset' },
      { statusCode: 302, error: 'redirect' },
      { statusCode: 204 },
      { statusCode: 204 },
      { statusCode: 204 },
    ]);
    const answers = (await lines(10)).map((line) => line.replace(/.*→ /, ''));
    expect(answers).to.deep.equal([
      ...['500', '503', '410', 'no answer', 'reset', 'closed', '302'].map((answer) => `${answer}, on purpose`),
      '204 after 300 ms',
      '204',
      '204',
    ]);
    expect(await end()).to.equal('10 received, 10 verified, 0 refused, 0 duplicates, 7 failed on purpose');
  });

  it('prints a line for each webhook, and tells what was taken before', async () => {
    const { url, lines, end } = await start(['--fail', '500,timeout']);
    const webhookId = 'msg_one';
    for (const attempt of [1, 2, 3]) {
      await sender().send(progress(`${url}/any/path`, { webhookId, attempt, deadlineMs: attempt === 2 ? 300 : 5_000 }));
    }
    await sender().send(
      request(url, {
        kind: 'result',
        sequence: 3,
        attempt: 1,
        body: JSON.stringify({ jobId: 'batch:1', status: 'completed', data: [1, 2] }),
      }),
    );
    const [first, second, third, result] = await lines(4);
    const active = 'active +33\\.33 % +✔ verified +batch:1';
    // What was refused is no duplicate; what was taken and not answered makes one.
    expect(first).to.match(new RegExp(`^[\\d:]{8}\\.\\d{3}  progress  #2 +try 1 +${active}  → 500, on purpose$`));
    expect(second).to.match(new RegExp(`try 2 +${active}  → no answer, on purpose$`));
    expect(third).to.match(new RegExp(`try 3 +${active}  → 204  duplicate, dropped$`));
    expect(result).to.match(/result {4}#3 +try 1 +completed +2 results +✔ verified +batch:1 {2}→ 204$/);
    expect(await end()).to.equal('4 received, 4 verified, 0 refused, 1 duplicates, 2 failed on purpose');
  });

  it('refuses what is not authentic by --secret, says why, and spends no fault on it', async () => {
    const env = { WEBHOOK_SECRETS: OTHER_SECRET };
    const { url, lines, end } = await start(['--fail', '500', '--secret', SECRET], env);
    const now = Date.now();
    expect(await post(url, OTHER_SECRET, now)).to.equal(401);
    expect(await post(url, SECRET, now - 301_000)).to.equal(401);
    expect(await post(url, SECRET, now + 400_000)).to.equal(401);
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).to.equal(401);
    expect((await fetch(url)).status, 'a GET').to.equal(405);
    expect(await post(url, SECRET, now), 'the fault').to.equal(500);
    expect(await post(url, `${OTHER_SECRET},${SECRET}`, now), 'a rotation').to.equal(204);
    const reasons = (await lines(6)).flatMap((line) => /✖ (.*?) {2}/.exec(line)?.[1] ?? []);
    expect(reasons).to.deep.equal(['no matching signature', 'too old', 'too new', 'missing header: webhook-id']);
    expect(await end()).to.equal('6 received, 2 verified, 4 refused, 0 duplicates, 1 failed on purpose');
  });

  it('checks nothing without secrets and says so, prints bodies, and nothing that a terminal would obey', async () => {
    const { url, head, printed, lines } = await start(
      ['--bodies', '--loop', '--fail', '429,ok', '--fail-on', 'result'],
      {},
    );
    expect(head).to.include('not checked: neither --secret nor WEBHOOK_SECRETS is set');
    expect(head).to.include('429, ok, then again; on result webhooks only');
    const unsigned = sender({ secrets: [] });
    const statuses: unknown[] = [];
    for (const kind of ['result', 'progress', 'result', 'result'] as const) {
      statuses.push((await unsigned.send(progress(url, { kind }))).statusCode);
    }
    expect(statuses).to.deep.equal([429, 204, 204, 429]);
    await lines(4);
    expect(printed()).to.include('– not checked').and.to.include('    {\n      "jobId": "batch:1",');
    const hostile = JSON.stringify({ status: '\u001b[31mred\u009b', data: '\u009b2J' });
    await fetch(url, { method: 'POST', body: hostile });
    await fetch(url, { method: 'POST', body: 'no JSON \u001b[2J' });
    await until('the last body is there', () => printed().includes('    no JSON'));
    expect(printed())
      .to.include('\\x1b[31mred\\x9b')
      .and.to.include('– not checked  no JSON')
      .and.to.include('    no JSON \\x1b[2J');
    expect(printed()).not.to.match(/(?!\n)\p{Cc}/u);
  });

  it('says all that is wrong with its options and ends with 2', async () => {
    const flags = [
      '--port',
      '65536',
      '--host',
      'a b',
      '--secret',
      'hidden',
      '--fail',
      '500,tiemout',
      '--fail-on',
      'end',
    ];
    const { written, ended } = run(['listen', ...flags], {});
    const idle = run(['listen', '--loop'], {});
    expect(await ended).to.deep.equal([2, null]);
    expect(await idle.ended).to.deep.equal([2, null]);
    expect(idle.written.stderr).to.equal('temporal-pipelines: --loop: there is nothing to repeat without --fail\n');
    expect(written.stderr.trim().split('\n').sort()).to.deep.equal([
      'temporal-pipelines: --fail-on: "end" is not one of progress, result',
      'temporal-pipelines: --fail: "tiemout" is none of ok, timeout, reset, close, redirect, slow (slow:8s), and no status from 200 to 999 (503:30s with Retry-After)',
      'temporal-pipelines: --host: "a b" is neither an IP address nor a host name',
      'temporal-pipelines: --port: "65536" is not a port from 0 to 65535',
      'temporal-pipelines: --secret: entry 1 must be whsec_ followed by the base64 of 24 to 64 bytes',
    ]);
  });

  for (const [faults, rule] of [
    ['199', '"199" is none of'],
    ['1000', '"1000" is none of'],
    ['ok:1s', '"ok:1s" is none of'],
    ['slow:soon', '"soon" is not a duration'],
    [',', 'needs at least one fault'],
  ] as const) {
    it(`refuses ${faults} as faults`, () => {
      expect(() => parseFaults(faults)).to.throw(rule);
    });
  }

  it('says in one line that its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const port = String((other.address() as { port: number }).port);
    const { written, ended } = run(['listen', '--port', port], {});
    expect(await ended).to.deep.equal([1, null]);
    expect(written.stderr).to.equal(
      `temporal-pipelines: --port: http://127.0.0.1:${port} is taken by another process\n`,
    );
    other.close();
  });
});
