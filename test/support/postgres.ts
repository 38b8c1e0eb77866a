/** One PostgreSQL server for the tests of a mocha process, in a folder of its own, started by the first that asks. */
import { after } from 'mocha';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { chown, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from '../../src/temporal/ports';
import { until } from './until';

/** To make the files of a database takes seconds, and longer on a busy machine. */
export const POSTGRES_START_TIMEOUT = 60_000;

/** With what a URL must encode. */
const PASSWORD = 'p@ss/w:rd#';

/** Not by code points, as servers in real life: PostgreSQL 15 and newer. */
const SORTED_BY_LANGUAGE = ['--locale-provider=icu', '--icu-locale=en'];

export class TestPostgres {
  private databases = 0;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private server: ChildProcess,
  ) {
    process.once('exit', this.killNow);
  }

  static async start(): Promise<TestPostgres> {
    const initdb = join(await binaries(), 'initdb');
    const user = await serverUser();
    const folder = await mkdtemp(join(tmpdir(), 'pipelines-postgres-'));
    if (user !== undefined) await chown(folder, user.uid, user.gid);
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, PASSWORD);
    const flags = [
      '--username=tester',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-sync',
    ];
    await promisify(execFile)(initdb, ['-D', dataOf(folder), '--locale=C', ...SORTED_BY_LANGUAGE, ...flags], {
      ...user,
      cwd: folder,
    });
    const port = await freePort(0);
    const postgres = new TestPostgres(folder, port, await launch(folder, port));
    await postgres.isUp();
    return postgres;
  }

  /** @returns the URL of an empty database that nobody else has */
  async emptyDatabase(settings = ''): Promise<string> {
    const name = `test${String(++this.databases)}`;
    await this.query(`create database ${name} ${settings}`);
    return this.url(name);
  }

  url(database: string, password = PASSWORD): string {
    return `postgres://tester:${encodeURIComponent(password)}@127.0.0.1:${String(this.port)}/${database}`;
  }

  async query(text: string, database = 'postgres'): Promise<unknown[]> {
    const client = new Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Every connection is broken off, as by a crash. */
  async stop(): Promise<void> {
    const ended = once(this.server, 'exit');
    this.server.kill('SIGQUIT');
    await ended;
  }

  /** Starts it again, on the same port. */
  async restart(): Promise<void> {
    this.server = await launch(this.folder, this.port);
    await this.isUp();
  }

  async close(): Promise<void> {
    await this.stop();
    process.removeListener('exit', this.killNow);
    await rm(this.folder, { recursive: true });
  }

  private async isUp(): Promise<void> {
    await until(
      'PostgreSQL answers',
      () => {
        if (this.server.exitCode !== null) throw new Error(`PostgreSQL ended with ${String(this.server.exitCode)}`);
        return this.query('select 1').then(
          () => true,
          () => false,
        );
      },
      POSTGRES_START_TIMEOUT,
    );
  }

  /** Not even a run that ends without its hooks leaves a server behind: its children end when it is gone. */
  private readonly killNow = (): void => {
    this.server.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  };
}

async function launch(folder: string, port: number): Promise<ChildProcess> {
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'max_connections=200',
  ];
  return spawn(
    join(await binaries(), 'postgres'),
    ['-D', dataOf(folder), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...(await serverUser()), cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] },
  );
}

function dataOf(folder: string): string {
  return join(folder, 'data');
}

/** The folder of `initdb` and `postgres`: on the PATH, or where Debian keeps them off it. */
async function binaries(): Promise<string> {
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const newest = versions
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => join(debian, version, 'bin'));
  const found = [...(process.env['PATH'] ?? '').split(delimiter), ...newest].find((folder) =>
    ['initdb', 'postgres'].every((binary) => existsSync(join(folder, binary))),
  );
  if (found !== undefined) return found;
  throw new Error(
    'these tests need PostgreSQL: put initdb and postgres on the PATH (Debian: apt-get install postgresql)',
  );
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(await readFile('/etc/passwd', 'utf8')) ?? [];
  if (uid === undefined)
    throw new Error('these tests run as root and need a user named postgres: PostgreSQL refuses root');
  return { uid: Number(uid), gid: Number(gid) };
}

let running: Promise<TestPostgres> | undefined;

/** The shared server. Call it from a `before` hook with `this.timeout(POSTGRES_START_TIMEOUT)`. */
export async function sharedPostgres(): Promise<TestPostgres> {
  running ??= TestPostgres.start();
  return await running;
}

/** A process of `mocha --parallel` has this hook at the end of its first file: the next one starts another server. */
after('stop the shared PostgreSQL', async function () {
  this.timeout(20_000);
  const postgres = await running?.catch(() => undefined);
  running = undefined;
  await postgres?.close();
});
