/** A real facade on a free port, over a real client. */
import { Client, Connection } from '@temporalio/client';
import { after, before } from 'mocha';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineClient } from '../../src/client';
import type { AppOptions } from '../../src/http/app';
import { refuseUnknown } from './known-algorithms';
import { startFacade } from '../../src/http/server';
import { createLogger } from '../../src/logger';
import { openStore } from '../../src/store/open-store';
import { createSealer } from '../../src/store/seal';
import { parseSecretKeys } from '../../src/store/secret-key';
import type { Store } from '../../src/store/store';
import { isServed } from '../../src/temporal/pollers';
import { parseAllowList } from '../../src/webhooks/guard';
import type { Suite } from './suite';
import type { TestTemporal } from './temporal';

/** Of the facade, to open what it has stored. */
export const SECRET_KEY = Buffer.alloc(32, 7).toString('base64');

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface TestFacade {
  readonly url: string;
  readonly store: Store;
  get(path: string): Promise<Answer>;
  /** @param body sent as JSON; a string is sent as it is */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The same by another method. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** For what is answered without Temporal: nobody is at that address. */
export function startLoneFacade(options: Partial<AppOptions> = {}): Promise<TestFacade> {
  const client = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
  const readiness = () => Promise.resolve({ temporal: false, worker: false });
  return startTestFacade({ client }, 'nobody', ['green-alg'], { readiness, ...options });
}

export async function startTestFacade(
  { client }: Pick<TestTemporal, 'client'>,
  taskQueue: string,
  algorithms: readonly string[],
  options: Partial<AppOptions> = {},
): Promise<TestFacade> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pipelines-facade-'));
  const store = options.store ?? (await openStore({ dataDir }));
  const facade = await startFacade('127.0.0.1', 0, {
    pipelines: new PipelineClient(client, {
      taskQueue,
      ...(options.dialect !== undefined && { settings: { dialect: options.dialect } }),
    }),
    store,
    resolve: refuseUnknown(new Set(algorithms)),
    hosts: ['pipelines.example'],
    allow: parseAllowList('127.0.0.0/8'),
    algorithmAllow: parseAllowList('127.0.0.0/8'),
    sealer: createSealer(parseSecretKeys(SECRET_KEY)),
    readiness: async () => ({ temporal: true, worker: await isServed(client, taskQueue, 'workflow') }),
    log: createLogger('fatal', 'facade'),
    ...options,
  });
  const url = `http://127.0.0.1:${String(facade.port)}`;
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const answer = await fetch(url + path, {
      method,
      ...(body === undefined
        ? { headers }
        : {
            headers: { 'content-type': 'application/json', ...headers },
            body: typeof body === 'string' ? body : JSON.stringify(body),
          }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
  return {
    url,
    ask,
    get: (path) => ask('GET', path),
    post: (path, body, headers) => ask('POST', path, body, headers),
    store,
    async close() {
      await facade.close();
      if (store !== options.store) await store.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** A facade for the jobs of a suite, started before its first test and closed after its last. */
export function useFacade(
  suite: Suite,
  algorithms: readonly string[],
  options?: Partial<AppOptions>,
): Omit<TestFacade, 'close'> {
  let started: TestFacade | undefined;
  const facade = (): TestFacade => {
    if (started === undefined) throw new Error('the facade is there only while tests run');
    return started;
  };
  before('start a facade', async () => {
    started = await startTestFacade(suite.temporal, suite.worker.taskQueue, algorithms, options);
  });
  after('close the facade', () => started?.close());
  return {
    get url() {
      return facade().url;
    },
    get store() {
      return facade().store;
    },
    get: (path) => facade().get(path),
    post: (path, body, headers) => facade().post(path, body, headers),
    ask: (method, path, body, headers) => facade().ask(method, path, body, headers),
  };
}

/** HKube's body of an error. */
export function refusal(code: number, message: string): Answer {
  return { status: code, body: { error: { code, message } } };
}
