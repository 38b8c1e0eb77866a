import type { Socket } from 'node:net';
import { expect } from 'chai';
import { ConnectError, openConnection, type ConnectOptions } from '../../src/webhooks/connector';
import { parseAllowList } from '../../src/webhooks/guard';
import { allClosed, closeReceivers, rawReceiver } from './receivers';

/** One connection; a resolver of our own stands for a name server that answers what it likes. */
function connect(hostname: string, port: number, options: Partial<ConnectOptions> = {}): Promise<Socket> {
  const url = new URL(`http://${hostname}:${String(port)}/`);
  return openConnection(url, { allow: parseAllowList('127.0.0.1'), timeoutMs: 1_000, ...options });
}

async function failure(connection: Promise<Socket>): Promise<string> {
  const error: unknown = await connection.catch((reason: unknown) => reason);
  expect(error).to.be.instanceOf(ConnectError);
  return error instanceof ConnectError ? error.failure : '';
}

const answering =
  (...addresses: string[]) =>
  () =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

describe('openConnection', () => {
  afterEach(closeReceivers);

  it('connects to a name whose every address is allowed', async () => {
    const { port } = await rawReceiver(() => undefined);
    const socket = await connect('hooks.example', port, { lookup: answering('127.0.0.1') });
    expect(socket.remoteAddress).to.equal('127.0.0.1');
    socket.destroy();
  });

  it('tries the next address where one does not answer', async () => {
    const { port } = await rawReceiver(() => undefined);
    const allow = parseAllowList('127.0.0.0/8');
    const socket = await connect('hooks.example', port, { allow, lookup: answering('127.0.0.9', '127.0.0.1') });
    expect(socket.remoteAddress).to.equal('127.0.0.1');
    socket.destroy();
  });

  it('blocks a name when any of its addresses is blocked, and connects to none', async () => {
    const { port, sockets } = await rawReceiver(() => undefined);
    for (const other of ['10.0.0.1', '::1', 'fe80::1%lo', 'not an address']) {
      for (const addresses of [
        ['127.0.0.1', other],
        [other, '127.0.0.1'],
      ]) {
        const connection = connect('hooks.example', port, { lookup: answering(...addresses) });
        expect(await failure(connection), other).to.equal('blocked address');
      }
    }
    (await connect('127.0.0.1', port)).destroy();
    expect(sockets).to.have.length(1);
  });

  it('asks the resolver once, so that a second answer cannot differ', async () => {
    const { port } = await rawReceiver(() => undefined);
    let asked = 0;
    const lookup = () => answering(asked++ === 0 ? '127.0.0.1' : '10.0.0.1')();
    const socket = await connect('hooks.example', port, { lookup });
    expect(asked).to.equal(1);
    socket.destroy();
  });

  it('checks the peer it has really reached before a byte is written', async () => {
    let bytes = 0;
    const { port, sockets } = await rawReceiver(() => bytes++);
    // The kernel takes 0.0.0.0 for this machine: the peer of an allowed address is one that is not.
    const connection = connect('0.0.0.0', port, { allow: parseAllowList('0.0.0.0') });
    expect(await failure(connection)).to.equal('blocked address');
    (await connect('127.0.0.1', port)).end();
    await allClosed(sockets);
    expect(sockets).to.have.length(2);
    expect(bytes).to.equal(0);
  });

  it('counts the look-up in the timeout, and stops when told to', async () => {
    const never = () => new Promise<never>(() => undefined);
    expect(await failure(connect('hooks.example', 80, { lookup: never, timeoutMs: 50 }))).to.equal('timeout');
    const abort = new AbortController();
    const connection = connect('hooks.example', 80, { lookup: never, signal: abort.signal });
    abort.abort();
    expect(await failure(connection)).to.equal('timeout');
    expect(await failure(connect('127.0.0.1', 80, { signal: AbortSignal.abort() }))).to.equal('timeout');
  });

  it('takes a failed or empty answer of the resolver for a dns failure', async () => {
    const lost = () => Promise.reject(new Error('SERVFAIL'));
    expect(await failure(connect('hooks.example', 80, { lookup: lost }))).to.equal('dns');
    expect(await failure(connect('hooks.example', 80, { lookup: answering() }))).to.equal('dns');
  });
});
