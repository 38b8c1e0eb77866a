/** `temporal-pipelines dev`: a Temporal server that has all that pipelines need, for workers and facades of one's own. */
import pc from 'picocolors';
import type { Config } from '../../config';
import { say, untilInterrupted, type Stoppable } from '../foreground';
import { OwnServer } from '../own-server';
import { lockDataDir, StateFile } from '../state';

/** Runs until Ctrl-C or SIGTERM. What the server has stored stays in `DATA_DIR`, where `start` finds it too. */
export async function dev({ dataDir }: Config): Promise<void> {
  const { address, uiUrl } = await untilInterrupted(open(dataDir));
  say(`temporal  ${pc.cyan(address)}`);
  say(`its page  ${pc.cyan(uiUrl)}`);
  say(`data      ${dataDir}`);
  say('Ctrl-C stops it');
}

interface Served extends Stoppable {
  readonly address: string;
  readonly uiUrl: string;
}

async function open(dataDir: string): Promise<Served> {
  const release = await lockDataDir(dataDir);
  try {
    const state = await StateFile.open(dataDir);
    const { temporal: last } = state.last;
    const server = await OwnServer.open({ dataDir, last, log: say, onSpawn: (temporal) => state.note({ temporal }) });
    return {
      address: server.address,
      uiUrl: server.uiUrl,
      stop: async () => {
        await server.stop();
        await state.clear();
        await release();
      },
      kill: () => server.kill(),
    };
  } catch (error) {
    await release();
    throw error;
  }
}
