import type { Socket } from 'node:net';
import { createSecureContext, DEFAULT_CIPHERS, type TlsOptions } from 'node:tls';
import { expect } from 'chai';
import { readResult } from '../../../src/webhooks/answer';
import { parseAllowList } from '../../../src/webhooks/guard';
import { post } from '../../../src/webhooks/post';
import { Authority } from '../../support/certificates';
import { OK } from '../../support/behaviours';
import { LONG_MS, SHORT_MS } from '../../support/faults';
import { RawReceiver } from '../../support/raw-receiver';
import { closeSenders, request, sender } from '../senders';

// Certificates that are not to be trusted, handshakes that do not end, and receivers that ask who we are.

describe('one attempt over TLS', () => {
  const authority = Authority.create('an authority');
  const stranger = Authority.create('another authority');
  const good = authority.issue();
  let receiver: RawReceiver | undefined;

  afterEach(async () => {
    await closeSenders();
    await receiver?.close();
    receiver = undefined;
  });

  const send = (url: string, deadlineMs = LONG_MS) =>
    sender({ ca: authority.cert, connectTimeoutMs: SHORT_MS }).send(request(url, { deadlineMs }));

  for (const name of ['127.0.0.1', 'localhost']) {
    it(`trusts a private authority that is configured, for ${name}`, async () => {
      receiver = await RawReceiver.start(OK, { tls: () => good });
      const outcome = await send(receiver.url.replace('127.0.0.1', name));
      expect(outcome).to.include({ statusCode: 204 }).and.not.have.property('error');
    });
  }

  const refused: [string, TlsOptions][] = [
    ['a self-signed certificate', selfSigned()],
    ['a private authority that is not configured', stranger.issue()],
    ['an authority of the same name', Authority.create('an authority').issue()],
    ['another name', authority.issue({ names: ['example.com', '127.0.0.2'] })],
    ['a name that only looks alike', authority.issue({ names: ['*.0.0.1', '127.0.0.1.example.com'] })],
    ['an expired certificate', authority.issue({ days: [-30, -1] })],
    ['a certificate of tomorrow', authority.issue({ days: [1, 30] })],
    ['no certificate at all', {}],
    [
      'an old version of TLS',
      { ...good, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: `${DEFAULT_CIPHERS}@SECLEVEL=0` },
    ],
    ['a receiver that speaks only HTTP/2', { ...good, ALPNProtocols: ['h2'] }],
    ['a client certificate that is asked for, in TLS 1.2', { ...asking(), maxVersion: 'TLSv1.2' }],
    ['a client certificate that is asked for, in TLS 1.3', { ...asking(), minVersion: 'TLSv1.3' }],
  ];
  for (const [what, tls] of refused) {
    it(`is a tls failure with ${what}, and sends nothing that is read`, async () => {
      receiver = await RawReceiver.start(OK, { tls: () => tls });
      const { startedAt, durationMs, ...told } = await send(receiver.url);
      expect(told).to.deep.equal({ error: 'tls' });
      expect(receiver.requests).to.have.length(0);
      expect(receiver.sockets).to.have.length(1);
    });
  }

  it('shows the certificate that a receiver asks for, where it has one', async () => {
    receiver = await RawReceiver.start(OK, { tls: asking });
    const secureContext = createSecureContext({ ca: authority.cert, ...authority.issue({ names: ['sender'] }) });
    const answer = await post(
      { url: receiver.url, headers: {}, body: Buffer.from('{}'), signal: AbortSignal.timeout(LONG_MS) },
      { allow: parseAllowList('127.0.0.1'), connectTimeoutMs: LONG_MS, secureContext },
      readResult,
    );
    expect(answer).to.deep.equal({ statusCode: 204 });
  });

  for (const [what, behaviour] of [
    ['silence', {}],
    ['a record by the byte', { open: dripRecord }],
  ] as const) {
    it(`is a timeout with ${what} in the handshake, at the connect timeout`, async () => {
      receiver = await RawReceiver.start(behaviour);
      const { error, durationMs } = await send(receiver.url.replace('http:', 'https:'));
      expect(error).to.equal('timeout');
      expect(durationMs).to.be.within(SHORT_MS - 10, SHORT_MS + 500);
    });
  }

  for (const [what, behaviour] of [
    ['plain HTTP', { open: (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') }],
    ['an alert', { open: (socket: Socket) => socket.end(Buffer.from('15030300020228', 'hex')) }],
    ['an end', { open: (socket: Socket) => socket.end() }],
    ['RST', { open: (socket: Socket) => socket.once('data', () => socket.resetAndDestroy()) }],
  ] as const) {
    it(`is a tls failure with ${what} in the handshake`, async () => {
      receiver = await RawReceiver.start(behaviour);
      const { startedAt, durationMs, ...told } = await send(receiver.url.replace('http:', 'https:'));
      expect(told).to.deep.equal({ error: 'tls' });
    });
  }

  function asking(): TlsOptions {
    return { ...good, requestCert: true, rejectUnauthorized: true, ca: authority.cert };
  }
});

/** The header of a record of 16 KiB, and then its bytes one after the other. */
function dripRecord(socket: Socket): void {
  socket.write(Buffer.from('1603034000', 'hex'));
  const timer = setInterval(() => socket.write('a'), 20);
  socket.once('close', () => {
    clearInterval(timer);
  });
}

function selfSigned(): TlsOptions {
  const own = Authority.create('localhost');
  return { cert: own.cert, key: own.issue().key };
}
