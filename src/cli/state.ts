/** What a supervisor leaves in `DATA_DIR` for the next one: who it is, and which processes it has started. */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DevServerRecord } from '../temporal/dev-server';
import { commandLine } from '../temporal/processes';

/** A process that can be told from a later one of the same id. */
export interface ProcessRecord {
  readonly pid: number;
  readonly command: string;
}

export interface State {
  readonly temporal?: DevServerRecord;
  readonly worker?: ProcessRecord;
  readonly facade?: ProcessRecord;
}

const STATE = 'state.json';
const LOCK = 'supervisor.json';
/** Longer than it takes to look at a lock and to replace it. */
const TAKEOVER = 200;

/** The state as the last supervisor left it, and as this one goes on writing it. */
export class StateFile {
  #state: State;
  #written = Promise.resolve();

  private constructor(
    private readonly file: string,
    readonly last: State,
  ) {
    this.#state = last;
  }

  static async open(dataDir: string): Promise<StateFile> {
    const file = join(dataDir, STATE);
    return new StateFile(file, (await readJson<State>(file)) ?? {});
  }

  /** Adds to the file, in the order of the calls; a failure is a later start's loss only, so it stops nothing. */
  note(change: State | Promise<State>): Promise<void> {
    this.#written = this.#written.then(async () => {
      this.#state = { ...this.#state, ...(await change) };
      await replace(this.file, this.#state).catch(() => undefined);
    });
    return this.#written;
  }

  /** Everything has ended, in good order. */
  async clear(): Promise<void> {
    await this.#written;
    await rm(this.file, { force: true });
  }
}

export async function recordOf(pid: number): Promise<ProcessRecord> {
  return { pid, command: (await commandLine(pid)) ?? '' };
}

/** Whether that very process still runs. */
export async function stillRuns(record: ProcessRecord): Promise<boolean> {
  return record.command !== '' && (await commandLine(record.pid)) === record.command;
}

/**
 * Makes this process the only supervisor on a directory. A lock whose holder is gone counts for nothing.
 *
 * @returns what gives the directory free again
 * @throws an Error that names the process that has it
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, LOCK);
  const own = await recordOf(process.pid);
  const taken = (holder: ProcessRecord): Error =>
    new Error(`already running on ${dataDir} as process ${String(holder.pid)}: stop it, or set another DATA_DIR`);

  if (!(await createNew(file, own))) {
    const holder = await readJson<ProcessRecord>(file);
    // A lock with our own id is an earlier boot's or container's, unless this very process has made it.
    const ours = holder?.pid === process.pid && !held.has(file);
    if (holder !== undefined && !ours && (await stillRuns(holder))) throw taken(holder);
    await replace(file, own);
    // Two that find the same dead lock both replace it: the later one keeps it.
    await sleep(TAKEOVER);
    const winner = await readJson<ProcessRecord>(file);
    if (winner !== undefined && winner.pid !== own.pid) throw taken(winner);
  }
  held.add(file);
  return async () => {
    held.delete(file);
    await rm(file, { force: true });
  };
}

/** The locks of this process. */
const held = new Set<string>();

/** Whole or not at all, so that nobody reads an empty lock; false where there is one already. */
async function createNew(file: string, content: unknown): Promise<boolean> {
  const temporary = temporaryOf(file);
  await writeFile(temporary, JSON.stringify(content));
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

function temporaryOf(file: string): string {
  return `${file}.${String(process.pid)}`;
}

/** In one step: a kill -9 in between leaves the old file, not half of the new one. */
async function replace(file: string, content: unknown): Promise<void> {
  const temporary = temporaryOf(file);
  await writeFile(temporary, JSON.stringify(content, null, 2));
  await rename(temporary, file);
}

/** Undefined for a file that is not there or was damaged, which is no reason not to start. */
async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
