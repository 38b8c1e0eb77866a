import pc from 'picocolors';
import type { Config } from '../../config';
import { failWith } from '../failure';
import { startAll, type Running } from '../supervisor';

/** npm and TypeScript loaders pass a terminal's Ctrl-C on, although it has reached this process by itself. */
const SAME_KEY_PRESS = 500;

/** `temporal-pipelines start`: runs until Ctrl-C or SIGTERM, then stops what it has started; a second one does not wait. */
export async function start(config: Config): Promise<void> {
  const log = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  // Whoever reads our lines may go before us: no reason to end without stopping the rest.
  process.stdout.on('error', () => undefined);
  const starting = startAll(config, { log });
  let started: Running | undefined = undefined;
  let firstSignal: number | undefined = undefined;
  const onSignal = (): void => {
    if (firstSignal !== undefined) {
      if (Date.now() - firstSignal < SAME_KEY_PRESS) return;
      started?.kill();
      process.exit(130);
    }
    firstSignal = Date.now();
    log('stopping; once more to end at once');
    starting.then((running) => running.stop()).then(() => process.exit(0), failWith);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);

  const running = await starting;
  started = running;
  log(`facade    ${pc.cyan(running.facadeUrl)}`);
  const { temporalAddress, uiUrl } = running;
  log(`temporal  ${pc.cyan(temporalAddress)}${uiUrl === undefined ? '' : `, its page ${pc.cyan(uiUrl)}`}`);
  log(`data      ${config.dataDir}`);
  log('Ctrl-C stops all of it');
}
