import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { AttemptError } from '../../src/domain/delivery';
import type { SenderOptions } from '../../src/webhooks/send';
import { allClosed, closedPort, closeReceivers, httpReceiver, rawReceiver, recorder } from './receivers';
import { closeSenders, request, sender } from './senders';

describe('what an attempt came to', () => {
  afterEach(async () => {
    await closeSenders();
    await closeReceivers();
  });

  describe('the answer', () => {
    const answers: [number, AttemptError | undefined][] = [
      [200, undefined],
      [204, undefined],
      [299, undefined],
      [300, 'redirect'],
      [304, 'redirect'],
      [400, 'status'],
      [410, 'status'],
      [500, 'status'],
      [599, 'status'],
    ];
    for (const [statusCode, error] of answers) {
      it(`${statusCode} is ${error ?? 'delivered'}`, async () => {
        const receiver = await httpReceiver((_message, response) => response.writeHead(statusCode).end());
        const { startedAt, durationMs, ...result } = await sender().send(request(receiver.url));
        expect(result).to.deep.equal(error === undefined ? { statusCode } : { statusCode, error });
      });
    }

    it('a redirect is not followed', async () => {
      const target = await recorder();
      const receiver = await httpReceiver((_message, response) =>
        response.writeHead(307, { location: target.url }).end(),
      );
      expect(await sender().send(request(receiver.url))).to.include({ statusCode: 307, error: 'redirect' });
      expect(target.sockets).to.have.length(0);
    });

    it('a 2xx is delivered though its body stalls, and the socket is destroyed', async () => {
      const receiver = await rawReceiver((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc');
        const timer = setInterval(() => socket.write('d'), 20);
        socket.once('close', () => {
          clearInterval(timer);
        });
      });
      const outcome = await sender().send(request(receiver.url, { deadlineMs: 300 }));
      expect(outcome).to.include({ statusCode: 200 }).and.not.have.property('error');
      expect(outcome.responseBody).to.match(/^abcd+$/);
      expect(outcome.durationMs).to.be.below(800);
      await allClosed(receiver.sockets);
    });

    it('a body that never ends holds an attempt for about a second, not for its deadline', async () => {
      const receiver = await httpReceiver((_message, response) => response.write('data: 1\n'));
      const outcome = await sender().send(request(receiver.url, { deadlineMs: 60_000 }));
      expect(outcome).to.include({ statusCode: 200, responseBody: 'data: 1\n' });
      expect(outcome.durationMs).to.be.within(900, 2_000);
    });

    for (const [what, rest] of [
      ['breaks off', 'content-length: 10\r\n\r\nabc'],
      ['is garbage', 'transfer-encoding: chunked\r\n\r\nzz\r\n'],
    ] as const) {
      it(`a 2xx is delivered though its body ${what}`, async () => {
        const receiver = await rawReceiver((socket) => socket.end(`HTTP/1.1 202 Accepted\r\n${rest}`));
        const outcome = await sender().send(request(receiver.url));
        expect(outcome).to.include({ statusCode: 202 }).and.not.have.property('error');
      });
    }

    it('is read no further than its limit', async () => {
      let written = 0;
      const receiver = await httpReceiver((_message, response) => {
        const pour = () => {
          do written += 65_536;
          while (response.write('x'.repeat(65_536)));
        };
        response.on('drain', pour);
        pour();
      });
      const outcome = await sender().send(request(receiver.url));
      expect(outcome.responseBody).to.equal('x'.repeat(1_024));
      await allClosed(receiver.sockets);
      // The rest is what the two kernels hold between them.
      expect(written).to.be.below(16 * 1_024 * 1_024);
    });

    const bodies: [string, Buffer | string, string | undefined][] = [
      ['text with line ends and tabs', 'a\tb\r\nc', 'a\tb\r\nc'],
      ['text cut within a character', `${'x'.repeat(1_023)}é`, 'x'.repeat(1_023)],
      ['Latin-1', Buffer.from('caf\xe9!', 'latin1'), 'caf\ufffd!'],
      ['zipped, never inflated', gzipSync('x'.repeat(100)), undefined],
      ['a terminal sequence', '\x1b[2J', undefined],
      ['nothing', '', undefined],
    ];
    for (const [what, body, expected] of bodies) {
      it(`keeps a body of ${what} as ${expected === undefined ? 'none' : 'text'}`, async () => {
        const receiver = await httpReceiver((_message, response) => {
          response.writeHead(500, what.startsWith('zipped') ? { 'content-encoding': 'gzip' } : {}).end(body);
        });
        const outcome = await sender().send(request(receiver.url));
        expect(outcome).to.include({ statusCode: 500, error: 'status' });
        expect(outcome.responseBody).to.equal(expected);
      });
    }

    const retryAfters: [number, string, [number, number] | undefined][] = [
      [429, '7', [7_000, 7_000]],
      [503, new Date(Date.now() + 3_600_000).toUTCString(), [3_000_000, 3_600_000]],
      [503, '9'.repeat(30), [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]],
      [503, 'soon', undefined],
      [503, '-7', undefined],
      [429, '7.5', undefined],
      [429, '7, 9', undefined],
      [429, new Date(Date.now() - 3_600_000).toUTCString(), undefined],
      [500, '7', undefined],
      [200, '7', undefined],
    ];
    for (const [statusCode, value, expected] of retryAfters) {
      it(`${statusCode} with Retry-After "${value.slice(0, 30)}" ${expected ? 'says when' : 'says nothing'}`, async () => {
        const receiver = await httpReceiver((_message, response) =>
          response.writeHead(statusCode, { 'retry-after': value }).end(),
        );
        const { retryAfterMs } = await sender().send(request(receiver.url));
        if (expected === undefined) expect(retryAfterMs).to.equal(undefined);
        else expect(retryAfterMs).to.be.within(...expected);
      });
    }
  });

  describe('no answer', () => {
    const expectFailure = async (url: string, error: AttemptError, options: Partial<SenderOptions> = {}) => {
      const { startedAt, durationMs, ...result } = await sender(options).send(request(url));
      expect(result).to.deep.equal({ error });
    };

    it('slow headers are a timeout at the deadline, however alive the connection is', async () => {
      const receiver = await rawReceiver((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
        const timer = setInterval(() => socket.write('a'), 20);
        socket.once('close', () => {
          clearInterval(timer);
        });
      });
      const { durationMs, error } = await sender().send(request(receiver.url, { deadlineMs: 200 }));
      expect(error).to.equal('timeout');
      expect(durationMs).to.be.within(190, 700);
      await allClosed(receiver.sockets);
    });

    it('informational answers for ever are a timeout', async () => {
      const receiver = await rawReceiver((socket) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
        socket.once('close', () => {
          clearInterval(timer);
        });
      });
      const outcome = await sender().send(request(receiver.url, { deadlineMs: 200 }));
      expect(outcome).to.include({ error: 'timeout' }).and.not.have.property('statusCode');
    });

    it('silence in the TLS handshake is a timeout after the connect timeout', async () => {
      const receiver = await rawReceiver(() => undefined, 'https');
      const { durationMs, error } = await sender({ connectTimeoutMs: 200 }).send(request(receiver.url));
      expect(error).to.equal('timeout');
      expect(durationMs).to.be.within(190, 700);
      await allClosed(receiver.sockets);
    });

    it('RST before the answer is a reset', async () => {
      await expectFailure((await rawReceiver((socket) => socket.resetAndDestroy())).url, 'reset');
    });

    it('RST within the headers is a reset', async () => {
      const receiver = await rawReceiver((socket) => {
        socket.write('HTTP/1.1 200 OK\r\nx-a: ', () => socket.resetAndDestroy());
      });
      await expectFailure(receiver.url, 'reset');
    });

    it('an orderly end before the answer is a reset', async () => {
      await expectFailure((await rawReceiver((socket) => socket.end())).url, 'reset');
    });

    it('a refused connection is a connect failure', async () => {
      await expectFailure(`http://127.0.0.1:${await closedPort()}/`, 'connect');
    });

    it('an unknown host is a dns failure', async () => {
      await expectFailure('http://no-such-host.invalid/', 'dns');
    });

    for (const [what, text] of [
      ['garbage', '220 mail.example.com ESMTP\r\n'],
      ['headers beyond all measure', `HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(100_000)}\r\n\r\n`],
      ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ] as const) {
      it(`${what} is a protocol failure`, async () => {
        await expectFailure((await rawReceiver((socket) => socket.write(text))).url, 'protocol');
      });
    }

    it('https to a receiver of plain http is a tls failure', async () => {
      const receiver = await recorder();
      await expectFailure(receiver.url.replace('http:', 'https:'), 'tls');
    });

    it('what Node itself refuses is unknown', async () => {
      const { error } = await sender().send(request((await recorder()).url, { webhookId: 'a\r\nb: c' }));
      expect(error).to.equal('unknown');
    });
  });
});
