import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AttemptError } from '../../src/domain/delivery';
import { parseAllowList, unbracketed } from '../../src/webhooks/guard';
import { OK } from '../support/behaviours';
import { NameServer, type NameAnswer } from '../support/name-server';
import { inNamespace, NAMESPACE } from '../support/namespace';
import { RawReceiver } from '../support/raw-receiver';
import { BLOCKED_HOSTS, REFUSED_URLS } from '../support/targets';
import { closeSenders, request, sender } from './senders';

// No attempt reaches what it may not, and none says more of it than that (contract §7). Canaries listen everywhere.

const NONE = parseAllowList(undefined);
const HOSTS = Object.values(BLOCKED_HOSTS).flat();
/** The addresses behind the spellings. */
const ADDRESSES = [...new Set(HOSTS.map((host) => unbracketed(new URL(`http://${host}`).hostname)))];

/** What must be there in a private network, so that the silence of its canary means something. */
const REACHABLE = [
  ['127.0.0.1', '0', '[::1]', '[::ffff:127.0.0.1]', '0xA9FEA9FE', '[::ffff:a9fe:a9fe]'],
  ['10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '100.100.100.200', '168.63.129.16'],
  ['192.0.2.1', '198.18.0.1', '203.0.113.1', '192.88.99.1'],
  ['[fc00::1]', '[fd00:ec2::254]', '[fec0::1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]'],
].flat();

describe('the targets of webhooks', () => {
  let canary: RawReceiver;
  const servers: NameServer[] = [];

  // On `::` it hears every address of this machine, IPv4 and IPv6.
  beforeEach(async () => {
    canary = await RawReceiver.start(OK, { host: '::' });
  });
  afterEach(async () => {
    await closeSenders();
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await canary.close();
  });

  /** Sends once; the outcome must be this error and nothing else. */
  async function expectError(
    url: string,
    error: AttemptError,
    options: Parameters<typeof sender>[0] = {},
  ): Promise<void> {
    const { startedAt, durationMs, ...told } = await sender({ allow: NONE, ...options }).send(request(url));
    expect(told, url).to.deep.equal({ error });
  }

  async function named(answer: (lookup: number) => NameAnswer): Promise<NameServer> {
    const server = await NameServer.start(answer);
    servers.push(server);
    return server;
  }

  /** A connection that had been made would be seen before this one. */
  async function expectSilence(): Promise<void> {
    await sender().send(request(`http://127.0.0.1:${String(canary.port)}/`));
    expect(canary.sockets).to.have.length(1);
  }

  it('are canaries here: they answer on both families', async () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '[::1]', '[::ffff:127.0.0.1]']) {
      const outcome = await sender().send(request(`http://${host}:${String(canary.port)}/`));
      expect(outcome, host).to.include({ statusCode: 204 });
    }
    expect(canary.sockets).to.have.length(4);
  });

  for (const [what, hosts] of Object.entries(BLOCKED_HOSTS)) {
    it(`are not ${what}`, async () => {
      for (const host of hosts) {
        for (const scheme of ['http', 'https', 'HTTP']) {
          await expectError(`${scheme}://${host}:${String(canary.port)}/`, 'blocked address');
        }
      }
      await expectSilence();
    });
  }

  it('are no names that lead to any of them', async () => {
    let address = '';
    const { lookup } = await named(() => [address]);
    for (address of ADDRESSES) {
      await expectError(`http://hooks.example:${String(canary.port)}/`, 'blocked address', { lookup });
    }
    await expectSilence();
  });

  for (const name of ['localhost', 'LOCALHOST', 'ｌｏｃａｌｈｏｓｔ', 'loc%61lhost']) {
    it(`are not ${name}, by the resolver of this machine`, async () => {
      await expectError(`http://${name}:${String(canary.port)}/`, 'blocked address');
      await expectSilence();
    });
  }

  it('are no names with an address that is allowed and one that is not', async () => {
    const allow = parseAllowList('127.0.0.2');
    for (const answer of [
      ['127.0.0.2', '127.0.0.1'],
      ['127.0.0.1', '127.0.0.2'],
      ['127.0.0.2', '::1'],
    ]) {
      const { lookup } = await named(() => answer);
      await expectError(`http://hooks.example:${String(canary.port)}/`, 'blocked address', { allow, lookup });
    }
    await expectSilence();
  });

  it('are what was checked: a name that then leads elsewhere is not asked again', async () => {
    const allow = parseAllowList('127.0.0.2');
    const server = await named((lookup) => [lookup === 1 ? '127.0.0.2' : '127.0.0.1']);
    const url = `http://hooks.example:${String(canary.port)}/hook`;
    const one = sender({ allow, lookup: server.lookup });
    expect(await one.send(request(url))).to.include({ statusCode: 204 });
    expect([server.count, canary.sockets.map(({ localAddress }) => localAddress)]).to.deep.equal([
      1,
      ['::ffff:127.0.0.2'],
    ]);
    expect(await one.send(request(url))).to.include({ error: 'blocked address' });
    expect(canary.sockets).to.have.length(1);
  });

  it('are no URLs that are read in two ways, or of another scheme', async () => {
    for (const url of REFUSED_URLS) {
      const here = url.replace('127.0.0.1', `127.0.0.1:${String(canary.port)}`);
      for (const one of [url, here]) await expectError(one, 'refused url', { allow: parseAllowList('127.0.0.1') });
    }
    await expectSilence();
  });

  it('are no sockets in the file system', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'targets-'));
    const path = join(directory, 'socket');
    let connections = 0;
    const server = createServer(() => connections++);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const { lookup } = await named(() => 'not found');
    try {
      await expectError(`unix:${path}`, 'refused url');
      await expectError(`http+unix://${encodeURIComponent(path)}/`, 'refused url');
      await expectError(`http://${encodeURIComponent(path)}/`, 'refused url');
      // The way of some libraries: here it is a host like any other.
      await expectError(`http://unix:${path}:/hook`, 'dns', { lookup });
    } finally {
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true });
    }
    expect(connections).to.equal(0);
  });

  // One more test where the machine can; what it shows is shown above for the addresses that every machine has.
  if (NAMESPACE !== undefined) {
    const way = NAMESPACE;
    it('are none of them either in a network where they answer', async function () {
      this.timeout(30_000);
      const { reachable, outcomes, connections } = await inNamespace(way, { hosts: HOSTS });
      expect(reachable).to.include.members(REACHABLE);
      for (const [index, { error, ...rest }] of outcomes.entries()) {
        expect(error, HOSTS[index]).to.equal('blocked address');
        expect(rest, HOSTS[index]).to.have.all.keys('startedAt', 'durationMs');
      }
      expect(outcomes).to.have.length(HOSTS.length);
      expect(connections).to.equal(0);
    });
  }
});
