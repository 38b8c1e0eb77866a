import pc from 'picocolors';
import type { Config } from '../../config';
import { say, untilInterrupted } from '../foreground';
import { startAll } from '../supervisor';

/** `temporal-pipelines start`: runs until Ctrl-C or SIGTERM, then stops what it has started; a second one does not wait. */
export async function start(config: Config): Promise<void> {
  const { facadeUrl, temporalAddress, uiUrl } = await untilInterrupted(startAll(config, { log: say }));
  say(`facade    ${pc.cyan(facadeUrl)}`);
  say(`temporal  ${pc.cyan(temporalAddress)}${uiUrl === undefined ? '' : `, its page ${pc.cyan(uiUrl)}`}`);
  say(`data      ${config.dataDir}`);
  say('Ctrl-C stops all of it');
}
