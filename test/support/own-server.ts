import type { Client } from '@temporalio/client';
import { afterEach } from 'mocha';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/temporal/connection';
import { portOf, startDevServer, type DevServer } from '../../src/temporal/dev-server';
import { isPortFree } from '../../src/temporal/ports';
import { killProcess } from '../../src/temporal/processes';
import { steadyPort } from './steady-port';
import { until } from './until';

/** A Temporal server of one test's own, with its database in a file, so that it can be killed and started again. */
export class OwnServer {
  private constructor(
    private readonly dataDir: string,
    private server: DevServer,
    /** Stays as it is over kills and restarts, as a caller's would. */
    readonly client: Client,
  ) {
    // Not even a run that ends without its hooks leaves a server behind.
    process.once('exit', this.killNow);
  }

  static async start(): Promise<OwnServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'pipelines-server-'));
    const server = await startDevServer({ dataDir, port: await steadyPort(), uiPort: 0 });
    return new OwnServer(dataDir, server, await connect({ address: server.address }));
  }

  get address(): string {
    return this.server.address;
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    this.killNow();
    // Not its process: the threads of one that is listed as dead may still hold the port and the database.
    await until('the server is gone', () => isPortFree(portOf(this.server.address)));
  }

  /** Starts it on the same file and port. */
  async restart(): Promise<void> {
    const { address } = this.server;
    this.server = await startDevServer({ dataDir: this.dataDir, port: portOf(address), uiPort: 0 });
    if (this.server.address !== address) throw new Error(`${address} was taken by somebody else`);
  }

  async close(): Promise<void> {
    await this.client.connection.close();
    await this.kill();
    process.removeListener('exit', this.killNow);
    await rm(this.dataDir, { recursive: true });
  }

  private readonly killNow = (): void => {
    killProcess(this.server.pid, 'SIGKILL');
  };
}

/** @returns starts a server that is ended after the test */
export function useOwnServers(): () => Promise<OwnServer> {
  const servers: OwnServer[] = [];
  afterEach('end the servers', async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  return async () => {
    const server = await OwnServer.start();
    servers.push(server);
    return server;
  };
}
