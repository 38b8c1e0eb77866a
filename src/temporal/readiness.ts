import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHANNEL } from './connection';
import { isPortOpen } from './ports';
import { isAlive } from './processes';

/** As long as deliveries can be asked for again by default; the dev server's own default is one day. */
const RETENTION = '14 days';

/**
 * Waits until a server that runs on this machine does all that we need of it.
 *
 * @returns why it does not: it has `ended`, or is `silent` for `withinMs`
 */
export async function untilReady(port: number, pid: number, withinMs: number): Promise<'ready' | 'ended' | 'silent'> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    if (!(await isAlive(pid))) return 'ended';
    if ((await isPortOpen(port)) && (await setRetention(port))) return 'ready';
    if (Date.now() > deadline) return 'silent';
    await sleep(50);
  }
}

/** The first call that needs the whole server, down to its database: so its success also says that the server is up. */
async function setRetention(port: number): Promise<boolean> {
  const connection = Connection.lazy({ address: `127.0.0.1:${String(port)}`, channelArgs: CHANNEL });
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.updateNamespace({
        namespace: 'default',
        config: { workflowExecutionRetentionTtl: msToTs(RETENTION) },
      }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}
