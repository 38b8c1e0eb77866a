/** A supervisor in a process of its own, so that it can be killed; it tells its parent what it has started. */
import { startAll } from '../../src/cli/supervisor';
import { loadConfig } from '../../src/config';
import { LIGHT_ENTRY } from './light-entry';

startAll(loadConfig(process.env), { log: () => undefined, entry: LIGHT_ENTRY }).then(
  ({ temporalAddress, facadeUrl, workerPid }) => process.send?.({ temporalAddress, facadeUrl, workerPid: workerPid() }),
  (error: unknown) => {
    process.send?.({ error: String(error) });
    process.disconnect();
  },
);
