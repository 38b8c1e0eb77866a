import { expect } from 'chai';
import { TLSSocket } from 'node:tls';
import type { Endpoint } from '../../src/domain/endpoint';
import { isLimited } from '../../src/domain/limited';
import { verify } from '../../src/webhooks';
import { toSource, type EndpointSource } from '../../src/webhooks/endpoints';
import { parseAllowList } from '../../src/webhooks/guard';
import { CERTIFICATE, closeReceivers, httpReceiver, httpsReceiver, KEY, rawReceiver, recorder } from './receivers';
import { closeSenders, request, SECRET, sender } from './senders';

const OWN = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const OLD = `whsec_${Buffer.alloc(24, 6).toString('base64')}`;

const at = (url: string, rest: Partial<Endpoint>): EndpointSource =>
  toSource([{ name: 'e', url: new URL(url).origin, ...rest }], parseAllowList('127.0.0.0/8'));

describe('a sender with endpoints', () => {
  afterEach(async () => {
    await closeSenders();
    await closeReceivers();
  });

  it('signs with each of the endpoint’s own secrets and with no other, and adds its headers', async () => {
    const receiver = await recorder();
    const other = await recorder();
    const endpoints = at(receiver.url, { secrets: [OWN, OLD], headers: { Authorization: 'Bearer x', 'x-own': 'y' } });
    const one = sender({ endpoints });
    for (const { url } of [receiver, other]) expect(await one.send(request(url))).to.include({ statusCode: 200 });
    const [got] = receiver.received;
    const { headers = {}, body = '' } = got ?? {};
    expect(headers).to.include({ authorization: 'Bearer x', 'x-own': 'y', 'x-pipeline-event': 'progress' });
    expect(headers['webhook-signature']).to.match(/^v1,\S+ v1,\S+$/);
    for (const secret of [OWN, OLD]) expect(verify(body, headers, secret)).to.deep.equal({ name: 'Zoë' });
    expect(() => verify(body, headers, SECRET)).to.throw('no matching signature');
    // Nothing of it goes to another receiver.
    const [beside] = other.received;
    expect(beside?.headers).to.not.have.any.keys('authorization', 'x-own');
    expect(verify(beside?.body ?? '', beside?.headers ?? {}, SECRET)).to.deep.equal({ name: 'Zoë' });
  });

  it('signs with the usual secrets where the endpoint has none', async () => {
    const receiver = await recorder();
    await sender({ endpoints: at(receiver.url, { headers: { a: '1' } }) }).send(request(receiver.url));
    const [got] = receiver.received;
    expect(verify(got?.body ?? '', got?.headers ?? {}, SECRET)).to.deep.equal({ name: 'Zoë' });
  });

  it('sends nothing, rather than unsigned, where nobody can tell the settings, and says nothing of the reason', async () => {
    const receiver = await recorder();
    const endpoints: EndpointSource = { find: () => Promise.reject(new Error('postgres://me:hunter2@db')) };
    const outcome = await sender({ endpoints }).send(request(receiver.url));
    expect(outcome).to.have.all.keys('startedAt', 'durationMs', 'error').and.to.include({ error: 'endpoint' });
    const silent: EndpointSource = { find: () => new Promise(() => undefined) };
    const start = performance.now();
    expect(await sender({ endpoints: silent }).send(request(receiver.url))).to.include({ error: 'endpoint' });
    expect(performance.now() - start).to.be.within(1_900, 3_000);
    expect(receiver.sockets).to.have.length(0);
  });

  it('keeps nothing of its headers that a receiver says back, in whatever spelling, nor a part where the text is cut', async () => {
    const token = `a"secret/of one`;
    const password = 'p:ssw0rd!';
    const headers = {
      authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}`,
      'x-token': token,
      'x-short': 'me',
    };
    let padding = 0;
    const receiver = await httpReceiver((message, response) => {
      const told = [
        ...Array<string>(9).fill(token),
        encodeURIComponent(token),
        encodeURIComponent(token).toLowerCase(),
        token.replace('/', String.raw`\/`).replace('"', String.raw`\"`),
        token.replace('"', '&quot;'),
        password,
        JSON.stringify(message.headers),
      ].join('\n');
      response.writeHead(401).end(`${'.'.repeat(padding)}${told}`);
    });
    const one = sender({ endpoints: at(receiver.url, { headers }) });
    const bodyOf = async (): Promise<string> => {
      const outcome = await one.send(request(receiver.url));
      return 'responseBody' in outcome ? (outcome.responseBody ?? '') : '';
    };
    expect(await bodyOf())
      .to.include('"x-token":"***"')
      .and.to.include('"x-short":"me"');
    for (padding = 0; padding < 1_024; padding += 5) {
      const body = await bodyOf();
      for (const part of [headers.authorization.slice(6, 12), 'secret', 'ssw0rd']) expect(body).to.not.include(part);
      expect(body.length).to.be.at.most(1_024);
    }
  });

  it('trusts the endpoint’s authority there, and nowhere else', async () => {
    const receiver = await httpsReceiver((_message, response) => response.end());
    const other = await httpsReceiver((_message, response) => response.end());
    const one = sender({ endpoints: at(receiver.url, { ca: CERTIFICATE }) });
    expect(await one.send(request(receiver.url))).to.include({ statusCode: 200 });
    expect(await one.send(request(other.url))).to.include({ error: 'tls' });
  });

  it('shows the endpoint’s certificate there, and nowhere else', async () => {
    const options = { requestCert: true, ca: CERTIFICATE };
    const subjects: unknown[] = [];
    const secure = () =>
      httpsReceiver((message, response) => {
        const { socket } = message;
        if (socket instanceof TLSSocket) subjects.push(socket.getPeerCertificate().subject.CN);
        response.end();
      }, options);
    const [receiver, other] = [await secure(), await secure()];
    const endpoints = at(receiver.url, { clientCertificate: { cert: CERTIFICATE, key: KEY } });
    const one = sender({ ca: CERTIFICATE, endpoints });
    expect(await one.send(request(receiver.url))).to.include({ statusCode: 200 });
    // In TLS 1.3 a refusal comes after the handshake, and the socket may be closed before it is read.
    expect((await one.send(request(other.url))).error).to.be.oneOf(['tls', 'reset']);
    expect(subjects).to.deep.equal(['localhost']);
  });

  it('makes at most so many requests at a time to one host, and says when to ask again', async () => {
    let arrived = 0;
    let tellFull: () => void = () => undefined;
    const full = new Promise<void>((resolve) => (tellFull = resolve));
    const receiver = await rawReceiver(() => {
      if (++arrived === 3) tellFull();
    });
    const one = sender({ hostConcurrency: 3 });
    const held = Array.from({ length: 3 }, () => one.send(request(receiver.url, { kind: 'result' })));
    await full;
    const limited = await one.send(request(receiver.url, { kind: 'result' }));
    expect(isLimited(limited)).to.equal(true);
    expect(limited).to.have.property('limitedMs').that.is.at.least(1_000);
    expect(receiver.sockets).to.have.length(3);
    await one.close();
    expect((await Promise.all(held)).map(({ error }) => error)).to.deep.equal(Array(3).fill('unknown'));
  });

  it('begins the deadline of a request once it has its place', async () => {
    const receiver = await rawReceiver((socket) => {
      setTimeout(() => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'), 250);
    });
    const one = sender({ hostConcurrency: 1 });
    const both = [one.send(request(receiver.url)), one.send(request(receiver.url, { deadlineMs: 400 }))];
    for (const outcome of await Promise.all(both)) expect(outcome).to.include({ statusCode: 200 });
  });

  it('waits for no place where no request is made', async () => {
    const receiver = await rawReceiver(() => undefined);
    const one = sender({ hostConcurrency: 1 });
    const held = one.send(request(receiver.url, { deadlineMs: 3_000 }));
    const refused = await one.send(request(receiver.url.replace('//', '//me:x@')));
    expect(refused).to.include({ error: 'refused url' }).and.to.not.have.property('limitedMs');
    await one.close();
    expect(await held).to.include({ error: 'unknown' });
  });
});
