/** The Temporal server that `npm start`, the demo and the tests run on: one process of the `temporal` command. */
import { Connection } from '@temporalio/client';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports';
import { commandLine, stopProcess } from './processes';
import { untilReady } from './readiness';
import { registerSearchAttributes, searchAttributeArguments } from './search-attributes';
import { findTemporalCli } from './temporal-cli';

/** What is needed to find a server again. */
export interface DevServerRecord {
  /** `host:port` of the gRPC service. */
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
}

export interface DevServer extends DevServerRecord {
  /** Ends the server, by force after 10 s, and resolves when it is gone. */
  stop(): Promise<void>;
}

export interface DevServerOptions {
  /** Holds the database and the log. @default everything is kept in memory and lost at the end */
  readonly dataDir?: string;
  /** Preferred; another one where it is taken. @default 7233 */
  readonly port?: number;
  /** Preferred; another one where it is taken. @default 8233 */
  readonly uiPort?: number;
  /** Further settings of the server, as `key=value`. */
  readonly dynamicConfig?: readonly string[];
  /** Told as soon as there is a process, which then takes a second to be ready. */
  readonly onSpawn?: (record: DevServerRecord) => Promise<void>;
  /** Told in one line what takes long. */
  readonly log?: (line: string) => void;
}

const HOST = '127.0.0.1';
const READY_WITHIN = 30_000;
const STOP_GRACE = 10_000;
const TRIES = 3;

/** Settings that a production server should have too; without the last two, Priority and fairness are ignored. */
export const DYNAMIC_CONFIG = [
  'system.enableActivityEagerExecution=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'matching.useNewMatcher=true',
  'matching.enableFairness=true',
];

/**
 * Starts a server in a process group of its own, so that neither Ctrl-C nor the end of this process takes it along.
 *
 * @throws an Error with the end of the server's log where it does not come up
 */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const binary = await findTemporalCli(options.log === undefined ? {} : { log: options.log });
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(binary, options);
    } catch (error) {
      // Between our look and the server's, somebody may have taken the port.
      const taken = error instanceof Error && error.message.includes('address already in use');
      if (!taken || attempt === TRIES) throw error;
    }
  }
}

/**
 * Takes over the server that an earlier start has left running on `dataDir`. One that does not answer is ended, since
 * two servers must never have the same database open.
 *
 * @returns undefined where the record is out of date
 */
export async function adoptDevServer(record: DevServerRecord, dataDir: string): Promise<DevServer | undefined> {
  const command = (await commandLine(record.pid)) ?? '';
  // Ids are used again: it must be a server, and this directory's.
  if (!command.includes('server start-dev') || !command.includes(databaseOf(dataDir))) return undefined;
  if ((await untilReady(portOf(record.address), record.pid, READY_WITHIN)) !== 'ready') {
    await stopProcess(record.pid, STOP_GRACE);
    return undefined;
  }
  // An older version of ours may have started it, with fewer attributes.
  const connection = await Connection.connect({ address: record.address });
  await registerSearchAttributes(connection, 'default').finally(() => connection.close());
  return handleOf(record);
}

function handleOf({ address, uiUrl, pid }: DevServerRecord): DevServer {
  return { address, uiUrl, pid, stop: () => stopProcess(pid, STOP_GRACE) };
}

function databaseOf(dataDir: string): string {
  return join(dataDir, 'temporal.db');
}

/** The port of a local `host:port` or URL. */
export function portOf(address: string): number {
  return Number(/:(\d+)$/.exec(address)?.[1]);
}

async function launch(binary: string, options: DevServerOptions): Promise<DevServer> {
  const port = await freePort(options.port ?? 7233, HOST);
  const uiPort = await freePort(options.uiPort ?? 8233, HOST);
  if (options.dataDir !== undefined) await mkdir(options.dataDir, { recursive: true });
  const logDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'temporal-pipelines-')));
  const logFile = join(logDir, 'temporal.log');
  const removeLog = async (): Promise<void> => {
    if (options.dataDir === undefined) await rm(logDir, { recursive: true, force: true });
  };

  // A file and not a pipe: a pipe would break when this process ends, and the server with it.
  const log = await open(logFile, 'w');
  const child = spawn(binary, serverArguments(port, uiPort, options), {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: withoutTemporal(process.env),
  });
  try {
    await once(child, 'spawn');
    child.unref();
    const record = {
      address: `${HOST}:${String(port)}`,
      uiUrl: `http://${HOST}:${String(uiPort)}`,
      pid: child.pid ?? 0,
    };
    await options.onSpawn?.(record);
    const state = await untilReady(port, record.pid, READY_WITHIN);
    if (state === 'ready') return { ...record, stop: () => handleOf(record).stop().finally(removeLog) };
    await stopProcess(record.pid, 0);
    const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join('\n');
    throw new Error(`the Temporal server ${WHY[state]}: ${tail}`);
  } catch (error) {
    await removeLog();
    throw error;
  } finally {
    await log.close();
  }
}

const WHY = { ended: 'has ended at its start', silent: `does not answer after ${String(READY_WITHIN / 1_000)} s` };

function serverArguments(port: number, uiPort: number, { dataDir, dynamicConfig = [] }: DevServerOptions): string[] {
  const each = (flag: string, values: readonly string[]): string[] => values.flatMap((value) => [flag, value]);
  return [
    ...['server', 'start-dev', '--ip', HOST, '--port', String(port), '--ui-port', String(uiPort)],
    ...['--log-level', 'error'],
    ...each('--dynamic-config-value', [...DYNAMIC_CONFIG, ...dynamicConfig]),
    ...each('--search-attribute', searchAttributeArguments()),
    ...(dataDir === undefined ? [] : ['--db-filename', databaseOf(dataDir)]),
    // The default pragmas are up to four times slower; these lose nothing but at a power cut.
    ...(dataDir === undefined ? [] : each('--sqlite-pragma', ['journal_mode=WAL', 'synchronous=NORMAL'])),
  ];
}

/** The command reads these too, and they speak of other servers. */
function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
