import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import pino from 'pino';
import { startLoneFacade, type TestFacade } from '../support/facade';
import { until } from '../support/until';

describe('the log of requests', () => {
  let lines: Record<string, unknown>[];
  let facade: TestFacade;

  async function start(level: string, resolve?: () => Promise<never>): Promise<void> {
    lines = [];
    const log = pino({ level }, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
    facade = await startLoneFacade({ log, apiToken: 'open-sesame', ...(resolve && { resolve }) });
  }

  afterEach(() => facade.close());

  const token = { authorization: 'Bearer open-sesame' };
  const requests = (): Record<string, unknown>[] => lines.filter(({ msg }) => msg === 'request');

  async function logged(count: number): Promise<unknown[]> {
    await until('all are logged', () => requests().length >= count);
    return requests().map(({ level, method, route, status, cut }) => [
      pino.levels.labels[Number(level)],
      method,
      route,
      status,
      ...(cut === undefined ? [] : ['cut']),
    ]);
  }

  it('has a line for each, by its route and without what was asked for', async () => {
    await start('debug');
    const secret = randomUUID();
    const paths: [string, string][] = [
      ['GET', `/api/v1/store/pipelines/${secret}?signature=${secret}`],
      ['GET', `/api/v1/store/pipelines?sort=${secret}`],
      ['GET', `/${secret}`],
      ['GET', '/healthz'],
      ['POST', '/api/v1/exec/raw'],
    ];
    for (const [index, [method, path]] of paths.entries()) {
      await facade.ask(method, path, method === 'POST' ? { name: secret } : undefined, token);
      await logged(index + 1);
    }
    expect(await logged(5)).to.deep.equal([
      ['debug', 'GET', '/api/v1/store/pipelines{/:name}', 404],
      ['debug', 'GET', '/api/v1/store/pipelines', 200],
      ['debug', 'GET', 'none', 404],
      ['debug', 'GET', '/healthz', 200],
      ['debug', 'POST', '/api/v1/exec/raw', 400],
    ]);
    for (const { ms } of requests()) expect(ms).to.be.within(0, 10_000);
    expect(JSON.stringify(lines)).not.to.include(secret).and.not.to.include('sesame');
  });

  it('is silent at info but for what failed here', async () => {
    await start('info', () => Promise.reject(new Error('broken')));
    const pipeline = { name: 'p', nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: [1] }] };
    await facade.ask('GET', '/api/v1/store/pipelines', undefined, token);
    expect((await facade.post('/api/v1/exec/raw', pipeline, token)).status).to.equal(500);
    expect((await facade.get('/readyz')).status).to.equal(503);
    expect(await logged(2)).to.deep.equal([
      ['warn', 'POST', '/api/v1/exec/raw', 500],
      ['warn', 'GET', '/readyz', 503],
    ]);
  });

  it('says where a client has gone before its answer', async () => {
    let asked = false;
    await start('debug', () => {
      asked = true;
      return new Promise<never>(() => undefined);
    });
    const body = JSON.stringify({ name: 'p', nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: [1] }] });
    const socket = connect(Number(new URL(facade.url).port), '127.0.0.1');
    socket.write(
      `POST /api/v1/exec/raw HTTP/1.1\r\nhost: localhost\r\nauthorization: ${token.authorization}\r\n` +
        `content-type: application/json\r\ncontent-length: ${String(body.length)}\r\n\r\n${body}`,
    );
    await until('it is in hand', () => asked);
    socket.destroy();
    expect(await logged(1)).to.deep.equal([['debug', 'POST', '/api/v1/exec/raw', undefined, 'cut']]);
  });
});
