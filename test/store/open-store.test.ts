import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open-store';
import type { Store } from '../../src/store/store';
import { freePort } from '../../src/temporal/ports';
import { POSTGRES_START_TIMEOUT, sharedPostgres, type TestPostgres } from '../support/postgres';
import { rejection } from '../support/rejection';
import { describeStores } from '../support/stores';
import { until } from '../support/until';

describeStores('a store', ({ open, empty }) => {
  it('answers while it is open', async () => {
    const store = await open();
    await store.ping();
    await store.close();
    expect(await rejection(store.ping())).to.be.instanceOf(Error);
  });

  it('is found as it was left', async () => {
    const options = await empty();
    const first = await open(options);
    const stored = await first.pipelines.insert({ name: 'p', nodes: [] });
    await first.close();
    expect(await (await open(options)).pipelines.list()).to.deep.equal([stored]);
  });
});

describe('a store on SQLite', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pipelines-store-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('makes its folder', async () => {
    const store = await openStore({ dataDir: join(folder, 'not', 'yet') });
    await store.ping();
    await store.close();
  });

  it('says what is wrong with its file', async () => {
    await writeFile(join(folder, 'definitions.db'), 'no database, but long enough to be looked at as one'.repeat(100));
    expect(await rejection(openStore({ dataDir: folder }))).to.include({
      message: `DATA_DIR: cannot use ${folder}/definitions.db: file is not a database`,
    });
    expect(await rejection(openStore({ dataDir: join(folder, 'definitions.db') })))
      .to.have.property('message')
      .that.matches(/^DATA_DIR: cannot use .*definitions\.db\/definitions\.db: ./);
  });
});

describe('a store on PostgreSQL', () => {
  let postgres: TestPostgres;

  before('start PostgreSQL', async function () {
    this.timeout(POSTGRES_START_TIMEOUT);
    postgres = await sharedPostgres();
  });

  async function messageOf(databaseUrl: string): Promise<string> {
    const error = await rejection(openStore({ dataDir: '/nowhere', databaseUrl }));
    const causes: string[] = [];
    for (let next = error; next instanceof Error; next = next.cause)
      causes.push(JSON.stringify(next), String(next.stack));
    expect(causes.join()).to.not.include('hunter2');
    expect((error as Error).message).to.match(/^DATABASE_URL: [^\n]+$/);
    return (error as Error).message;
  }

  it('says in one line what is wrong, and never the password', async () => {
    const port = await freePort(0);
    const messages: [string, RegExp][] = [
      ['mysql://me:hunter2@127.0.0.1/x', /must be a URL such as postgres:/],
      ['postgres://me:55/hunter2@127.0.0.1/x', /percent-encoded/],
      ['postgres://me:hunter2%e4@127.0.0.1/x', /./],
      ['postgres://me:hunter2@127.0.0.1:port/x', /Invalid URL/],
      [`postgres://me:hunter2@127.0.0.1:${String(port)}/x`, /connect ECONNREFUSED 127\.0\.0\.1/],
      [`postgres://me:hunter2@localhost:${String(port)}/x`, /ECONNREFUSED/],
      ['postgres://me:hunter2@nowhere.invalid/x', /nowhere\.invalid/],
      [postgres.url('postgres', 'hunter2'), /password authentication failed for user "tester"/],
      [postgres.url('missing'), /database "missing" does not exist/],
    ];
    for (const [url, message] of messages) expect(await messageOf(url)).to.match(message);
  });

  it('refuses a database that cannot keep every character', async () => {
    const url = await postgres.emptyDatabase(`template template0 encoding 'LATIN1' locale_provider libc locale 'C'`);
    expect(await messageOf(url)).to.match(/is encoded in LATIN1, and must be in UTF8$/);
  });

  it('refuses a database of a newer version, and leaves it as it is', async () => {
    const url = await postgres.emptyDatabase();
    await (await openStore({ dataDir: '/nowhere', databaseUrl: url })).close();
    const name = new URL(url).pathname.slice(1);
    await postgres.query(`insert into pipelines_migration values ('9999-later', '2099-01-01T00:00:00.000Z')`, name);
    const migrations = (): Promise<unknown> => postgres.query('select * from pipelines_migration order by name', name);
    const before = await migrations();
    expect(await messageOf(url)).to.equal(
      'DATABASE_URL: the database was made by a newer version of temporal-pipelines',
    );
    expect(await migrations()).to.deep.equal(before);
  });

  it('loses no change of twenty writers where transactions are serializable by default', async () => {
    const url = await postgres.emptyDatabase();
    const name = new URL(url).pathname.slice(1);
    await postgres.query(`alter database ${name} set default_transaction_isolation = serializable`);
    const store = await openStore({ dataDir: '/nowhere', databaseUrl: url });
    await store.pipelines.insert({ name: 'p', nodes: [], priority: 0 });
    const change = (): Promise<unknown> =>
      store.pipelines.update('p', (current) => ({ ...current, priority: (current.priority ?? 0) + 1 }));
    await Promise.all(Array.from({ length: 20 }, change));
    expect(await store.pipelines.get('p')).to.deep.include({ definition: { name: 'p', nodes: [], priority: 20 } });
    await store.close();
  });

  it('goes on after the server was away', async () => {
    const warnings: string[] = [];
    const log = { info: () => undefined, warn: (_details: object, message: string) => warnings.push(message) };
    const store: Store = await openStore({ dataDir: '/nowhere', databaseUrl: await postgres.emptyDatabase(), log });
    const stored = await store.pipelines.insert({ name: 'p', nodes: [] });

    await postgres.stop();
    const calls = [store.ping(), store.pipelines.get('p'), store.pipelines.put({ name: 'p', nodes: [] })];
    for (const call of calls) {
      expect(await rejection(call)).to.include({ code: 'Unavailable', message: 'the database does not answer' });
    }
    // Of the connection that was idle as the server went.
    await until('the loss is in the log', () => warnings.includes('a connection to the database was lost'));

    await postgres.restart();
    await store.ping();
    expect(await store.pipelines.get('p')).to.deep.equal(stored);
    expect(await store.pipelines.update('p', (current) => ({ ...current, priority: 1 }))).to.include({ revision: 2 });
    await store.close();
  });
});
