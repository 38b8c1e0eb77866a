import { after } from 'mocha';
import { connect } from '../../src/temporal/connection';
import { startDevServer, type DevServer } from '../../src/temporal/dev-server';
import { killProcess } from '../../src/temporal/processes';
import type { TestTemporal } from './temporal';

/**
 * A server of one `describe`, where nobody else has jobs, ended after its last test.
 *
 * @param dynamicConfig further settings, as `key=value`
 * @returns what `useWorker` takes as its server
 */
export function useLoneServer(dynamicConfig: readonly string[] = []): () => Promise<TestTemporal> {
  let server: DevServer | undefined;
  let temporal: TestTemporal | undefined;
  const killNow = (): void => {
    if (server !== undefined) killProcess(server.pid, 'SIGKILL');
  };
  after('stop the server', async function () {
    this.timeout(20_000);
    process.removeListener('exit', killNow);
    await temporal?.client.connection.close();
    await server?.stop();
  });
  return async () => {
    server = await startDevServer({ port: 0, uiPort: 0, dynamicConfig });
    process.once('exit', killNow);
    const { address, uiUrl } = server;
    temporal = { address, uiUrl, client: await connect({ address }) };
    return temporal;
  };
}

/** One that suggests to continue as new after few events, so that a job of seconds does it as often as one of days. */
export function useShortHistories(events: number): () => Promise<TestTemporal> {
  return useLoneServer([`limit.historyCount.suggestContinueAsNew=${String(events)}`]);
}
