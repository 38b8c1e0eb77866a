/** `npm start`: a Temporal server, a worker and a facade as three processes, started, kept up and stopped together. */
import { urlOf, type Config } from '../config';
import { connect } from '../temporal/connection';
import { freePort, isPortFree } from '../temporal/ports';
import { stopProcess } from '../temporal/processes';
import { CHILD_GRACE } from './child';
import { childEnvironment, FACADE_FLAGS, ownEntry, type Entry } from './children';
import { OwnServer } from './own-server';
import { ownSecretKey } from './secret-key';
import { lockDataDir, recordOf, StateFile, stillRuns, type State } from './state';
import { Supervised } from './supervised';

export interface StartOptions {
  /** Module paths, instead of `ALGORITHMS`. */
  readonly algorithms?: readonly string[];
  /** Told in one line what a user should know. */
  readonly log: (line: string) => void;
  /** What the children run. @default this command line */
  readonly entry?: Entry;
}

export interface Running {
  readonly temporalAddress: string;
  /** Of Temporal's page; undefined for a foreign server without `TEMPORAL_UI_URL`. */
  readonly uiUrl: string | undefined;
  readonly facadeUrl: string;
  readonly workerPid: () => number;
  /** Ends the worker as a crash would; it is started again. */
  readonly killWorker: () => void;
  /** Facade, worker, server, in this order. Resolves when all are gone. */
  readonly stop: () => Promise<void>;
  /** Ends everything at once. */
  readonly kill: () => void;
}

/** What is to be undone at the end, the latest first. */
type Undo = (() => Promise<void>)[];

/**
 * Starts everything and resolves when jobs can be sent to `facadeUrl`. A Temporal server is started unless
 * `TEMPORAL_ADDRESS` names one.
 *
 * @throws an Error of one line; what was started until then is stopped
 */
export async function startAll(config: Config, options: StartOptions): Promise<Running> {
  const undo: Undo = [];
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= undoAll(undo));
  try {
    undo.push(await lockDataDir(config.dataDir));
    return { ...(await startLocked(config, options, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function undoAll(undo: Undo): Promise<void> {
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
}

async function startLocked(config: Config, options: StartOptions, undo: Undo): Promise<Omit<Running, 'stop'>> {
  const { log } = options;
  const { dataDir } = config;
  const state = await StateFile.open(dataDir);
  undo.push(() => state.clear());
  await endLeftovers(state.last);

  const server = await temporalServer(dataDir, state, log);
  if (server !== undefined) undo.push(() => server.stop());
  const temporalAddress = server?.address ?? (await foreignTemporal());
  const uiUrl = config.temporalUiUrl ?? server?.uiUrl;

  const port = await facadePort(config);
  const { algorithms, entry = ownEntry() } = options;
  const secretKey = config.given.SECRET_KEY === undefined ? await ownSecretKey(dataDir) : undefined;
  const ownTemporal = server?.address;
  const env = childEnvironment(config, { port, temporalUiUrl: uiUrl, ownTemporal, algorithms, secretKey });
  const child = (name: 'worker' | 'facade', command: string, flags: readonly string[] = []): Supervised => {
    const onSpawn = (pid: number): void => void state.note(recordOf(pid).then((record) => ({ [name]: record })));
    const supervised = new Supervised({
      file: entry.file,
      // Those that a user has given go before ours.
      execArgv: [...flags, ...entry.execArgv],
      name,
      args: [command],
      env,
      log,
      onSpawn,
    });
    undo.push(() => supervised.stop());
    return supervised;
  };
  const worker = child('worker', 'worker');
  const facade = child('facade', 'serve', FACADE_FLAGS);
  if (config.given.WEBHOOK_SECRETS === undefined) log('webhooks are unsigned: WEBHOOK_SECRETS is not set');
  await Promise.all([worker.start(), facade.start()]);

  return {
    temporalAddress,
    uiUrl,
    facadeUrl: urlOf(config.host, port),
    workerPid: () => worker.pid,
    killWorker: () => worker.kill(),
    kill: () => {
      facade.kill();
      worker.kill();
      server?.kill();
    },
  };
}

/** After a kill -9 the last start's children end by themselves; that is waited for, as they hold the facade's port. */
async function endLeftovers(last: State): Promise<void> {
  for (const left of [last.facade, last.worker]) {
    if (left !== undefined && (await stillRuns(left))) await stopProcess(left.pid, CHILD_GRACE);
  }
}

async function temporalServer(
  dataDir: string,
  state: StateFile,
  log: StartOptions['log'],
): Promise<OwnServer | undefined> {
  if ((process.env.TEMPORAL_ADDRESS ?? '') !== '') return undefined;
  const { temporal: last } = state.last;
  return await OwnServer.open({ dataDir, last, log, onSpawn: (temporal) => state.note({ temporal }) });
}

/** Looks before the children do: one clear error instead of two. */
async function foreignTemporal(): Promise<string> {
  const { connection } = await connect();
  await connection.close();
  return process.env.TEMPORAL_ADDRESS ?? '';
}

/** A port that was asked for is a promise to others; the default gives way to whoever was first. */
async function facadePort({ given, host, port }: Config): Promise<number> {
  if (given.PORT === undefined || port === 0) return await freePort(port, host);
  if (!(await isPortFree(port, host))) throw new Error(`PORT: ${host}:${String(port)} is taken by another process`);
  return port;
}
