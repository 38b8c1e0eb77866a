/** The Temporal server that tests share: that of the whole run, or one of this process, started by the first that asks. */
import type { Client } from '@temporalio/client';
import { after } from 'mocha';
import { connect } from '../../src/temporal/connection';
import { SHARED } from './shared';
import { startDevServer, type DevServer } from '../../src/temporal/dev-server';

export interface TestTemporal {
  readonly address: string;
  readonly uiUrl: string;
  readonly client: Client;
  /** Of a server that is not shared: ends it. */
  readonly stop?: () => Promise<void>;
}

/** Generous: a machine without the `temporal` command builds it at the first start. */
export const TEMPORAL_START_TIMEOUT = 600_000;

let running: Promise<{ server?: DevServer; temporal: TestTemporal }> | undefined;

/** The shared server. Call it from a `before` hook with `this.timeout(TEMPORAL_START_TIMEOUT)`. */
export async function sharedTemporal(): Promise<TestTemporal> {
  running ??= start();
  return (await running).temporal;
}

async function start(): Promise<{ server?: DevServer; temporal: TestTemporal }> {
  const shared = process.env[SHARED.server];
  if (shared !== undefined) {
    const { address, uiUrl } = JSON.parse(shared) as Pick<TestTemporal, 'address' | 'uiUrl'>;
    return { temporal: { address, uiUrl, client: await connect({ address }) } };
  }
  const server = await startDevServer({ port: 0, uiPort: 0 });
  // Not even a run that ends without its hooks leaves a server behind.
  process.once('exit', () => {
    try {
      process.kill(server.pid, 'SIGKILL');
    } catch {
      // Gone already, as it should be.
    }
  });
  const client = await connect({ address: server.address });
  return { server, temporal: { address: server.address, uiUrl: server.uiUrl, client } };
}

/** A process of `mocha --parallel` has this hook at the end of its first file: the next one starts another server. */
after('leave the shared Temporal server', async function () {
  this.timeout(20_000);
  if (running === undefined) return;
  const { server, temporal } = await running;
  running = undefined;
  await temporal.client.connection.close();
  await server?.stop();
});
