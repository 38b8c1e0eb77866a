import { expect } from 'chai';
import fc from 'fast-check';
import Koa from 'koa';
import { after, before, describe, it } from 'mocha';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { readForm, type Form } from '../../src/http/form';
import { until } from '../support/until';

describe('forms', () => {
  const read: (Form | { error: unknown; status: unknown })[] = [];
  let server: Server;
  let port = 0;

  before(async () => {
    const app = new Koa();
    app.silent = true;
    app.use(async (ctx) => {
      try {
        read.push(await readForm(ctx));
        ctx.status = 204;
      } catch (error) {
        const { message, status } = error as { message: string; status: number };
        read.push({ error: message, status });
        ctx.status = status;
      }
    });
    const handle = app.callback();
    server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  after(() => server.close());

  async function send(body: RequestInit['body'], type?: string): Promise<(typeof read)[number] | undefined> {
    read.length = 0;
    const headers = type === undefined ? {} : { 'content-type': type };
    await fetch(`http://127.0.0.1:${String(port)}`, { method: 'POST', headers, body: body ?? null });
    return read[0];
  }

  it('are texts by their names, whichever form they are sent in', async () => {
    const form = new FormData();
    form.append('a', '漢字 😀');
    form.append('__proto__', 'x');
    form.append('file', new Blob(['of a file']), 'f.txt');
    form.append('twice', '1');
    form.append('twice', new Blob(['2']), 'f');
    const expected = Object.fromEntries([
      ['a', '漢字 😀'],
      ['__proto__', 'x'],
      ['file', 'of a file'],
      ['twice', ['1', '2']],
    ]);
    expect(await send(form)).to.deep.equal(expected);
    expect(
      await send(
        new URLSearchParams([
          ['a', '1&2='],
          ['a', ''],
        ]),
      ),
    ).to.deep.equal({ a: ['1&2=', ''] });
  });

  it('are given up when their sender goes away', async () => {
    read.length = 0;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\ncontent-type: multipart/form-data; boundary=b\r\n\r\n' +
        '--b\r\ncontent-disposition: form-data; name="a"; filename="x"\r\n\r\nhalf of',
    );
    socket.end();
    await until('it is given up', () => read.length > 0);
    expect(read).to.deep.equal([{ error: 'request aborted', status: 400 }]);
  });

  it('are taken or refused, whatever is sent', async () => {
    const part = fc.oneof(
      fc.constantFrom('--b', '--b--', '\r\n', '\r\n\r\n', '\n', 'content-disposition: form-data', '; name="a"'),
      fc.constantFrom(
        '; filename="x"',
        'content-type: text/plain; charset=utf-16',
        'content-transfer-encoding: base64',
      ),
      fc.string({ maxLength: 20 }),
    );
    const type = fc.constantFrom(
      'multipart/form-data; boundary=b',
      'multipart/form-data; boundary="',
      'multipart/form-data',
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded; charset=nonsense',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 15 }), type, async (parts, contentType) => {
        const answer = await send(parts.join(''), contentType);
        expect(answer).to.be.an('object');
        if (answer !== undefined && 'status' in answer) expect(answer.status).to.be.oneOf([400, 413]);
      }),
      { numRuns: 200 },
    );
  });
});
