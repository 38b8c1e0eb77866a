/** A real facade on a free port, over a real client. */
import { after, before } from 'mocha';
import { PipelineClient } from '../../src/client';
import { refuseUnknown } from '../../src/http/known-algorithms';
import { startFacade } from '../../src/http/server';
import { createLogger } from '../../src/logger';
import { isServed } from '../../src/temporal/pollers';
import { parseAllowList } from '../../src/webhooks/guard';
import { memoryStore } from './memory-store';
import type { Suite } from './suite';
import type { TestTemporal } from './temporal';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface TestFacade {
  readonly url: string;
  get(path: string): Promise<Answer>;
  /** @param body sent as JSON; a string is sent as it is */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export async function startTestFacade(
  temporal: TestTemporal,
  taskQueue: string,
  algorithms: readonly string[],
): Promise<TestFacade> {
  const { client } = temporal;
  const facade = await startFacade('127.0.0.1', 0, {
    pipelines: new PipelineClient(client, { taskQueue }),
    store: memoryStore(),
    resolve: refuseUnknown(new Set(algorithms)),
    hosts: ['pipelines.example'],
    allow: parseAllowList('127.0.0.0/8'),
    algorithmAllow: parseAllowList('127.0.0.0/8'),
    readiness: async () => ({ temporal: true, worker: await isServed(client, taskQueue, 'workflow') }),
    log: createLogger('fatal', 'facade'),
  });
  const url = `http://127.0.0.1:${String(facade.port)}`;
  const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
    const answer = await fetch(url + path, init);
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
  return {
    url,
    get: (path) => ask(path),
    post: (path, body, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    close: () => facade.close(),
  };
}

/** A facade for the jobs of a suite, started before its first test and closed after its last. */
export function useFacade(suite: Suite, algorithms: readonly string[]): Omit<TestFacade, 'close'> {
  let started: TestFacade | undefined;
  const facade = (): TestFacade => {
    if (started === undefined) throw new Error('the facade is there only while tests run');
    return started;
  };
  before('start a facade', async () => {
    started = await startTestFacade(suite.temporal, suite.worker.taskQueue, algorithms);
  });
  after('close the facade', () => started?.close());
  return {
    get url() {
      return facade().url;
    },
    get: (path) => facade().get(path),
    post: (path, body, headers) => facade().post(path, body, headers),
  };
}

/** HKube's body of an error. */
export function refusal(code: number, message: string): Answer {
  return { status: code, body: { error: { code, message } } };
}
