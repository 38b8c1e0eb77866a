import { expect } from 'chai';
import Koa from 'koa';
import { afterEach } from 'mocha';
import type { AddressInfo } from 'node:net';
import { get, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { compressed } from '../../src/http/compressed';
import { rejection } from '../support/rejection';

describe('a long answer', () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** @returns the answer's head */
  async function ask(body: AsyncIterable<string>, encoding: string): Promise<IncomingMessage> {
    const app = new Koa();
    app.silent = true;
    app.use(compressed());
    app.use((ctx) => {
      ctx.type = 'json';
      ctx.body = Readable.from(body, { objectMode: false });
    });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const request = get({ host: '127.0.0.1', port, headers: { 'accept-encoding': encoding } });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return answer;
  }

  const some = '"x",'.repeat(100_000);

  for (const encoding of ['identity', 'gzip', 'br']) {
    it(`that fails half way breaks off, ${encoding}`, async () => {
      const failing = async function* (): AsyncGenerator<string> {
        yield some;
        await Promise.resolve();
        throw new Error('half way');
      };
      const read = ask(failing(), encoding).then((answer) => answer.toArray());
      expect(await rejection(read)).to.have.property('code', 'ECONNRESET');
    });
  }

  it('is compressed, and whole', async () => {
    const answer = await ask(Readable.from([some, some]), 'gzip');
    const chunks = (await answer.toArray()) as Buffer[];
    expect(gunzipSync(Buffer.concat(chunks)).toString()).to.equal(some + some);
  });

  it('is made no longer once nobody reads it', async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const endless = async function* (): AsyncGenerator<string> {
      try {
        for (;;) {
          await Promise.resolve();
          yield some;
        }
      } finally {
        end();
      }
    };
    const answer = await ask(endless(), 'gzip');
    answer.destroy();
    await ended;
  });
});
