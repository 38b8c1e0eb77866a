import { connect } from '../../src/temporal/connection';
import { startDevServer } from '../../src/temporal/dev-server';
import { killProcess } from '../../src/temporal/processes';
import type { TestTemporal } from './temporal';

/**
 * A server of one `describe`, where nobody else has jobs. It ends after whoever works on it.
 *
 * @param dynamicConfig further settings, as `key=value`
 * @returns what `useWorker` takes as its server
 */
export function useLoneServer(dynamicConfig: readonly string[] = []): () => Promise<TestTemporal> {
  return async () => {
    const server = await startDevServer({ port: 0, uiPort: 0, dynamicConfig });
    const killNow = (): void => {
      killProcess(server.pid, 'SIGKILL');
    };
    process.once('exit', killNow);
    const { address, uiUrl } = server;
    const client = await connect({ address });
    const stop = async (): Promise<void> => {
      process.removeListener('exit', killNow);
      await client.connection.close();
      await server.stop();
    };
    return { address, uiUrl, client, stop };
  };
}

/** One that suggests to continue as new after few events, so that a job of seconds does it as often as one of days. */
export function useShortHistories(events: number): () => Promise<TestTemporal> {
  return useLoneServer([`limit.historyCount.suggestContinueAsNew=${String(events)}`]);
}
