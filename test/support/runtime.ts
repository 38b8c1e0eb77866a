import { Runtime } from '@temporalio/worker';
import { createLogger, temporalLogger } from '../../src/logger';

let installed = false;

/** Temporal's own log in a test shows errors only; it can be set once in a process. */
export function quietRuntime(): void {
  if (!installed) Runtime.install({ logger: temporalLogger(createLogger('error', 'worker')), shutdownSignals: [] });
  installed = true;
}
