/** Finds the `temporal` command, or gets it: it holds the server that a start without a Temporal of one's own runs on. */
import envPaths from 'env-paths';
import { execFile } from 'node:child_process';
import { constants, createWriteStream } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { buildTemporalCli } from './go-build';

const run = promisify(execFile);

const ARCHIVE = 'https://temporal.download/cli/archive/latest';
const HEADERS_WITHIN = 5_000;
const DOWNLOAD_WITHIN = 600_000;

/** Changed when a command that an earlier version has installed should not be taken any more. */
const INSTALLED = 'temporal-2';

const WINDOWS = process.platform === 'win32';
const BINARY = WINDOWS ? 'temporal.exe' : 'temporal';

export interface CliSearch {
  /** Where an earlier start has installed it, and where this one would. @default the user's cache directory */
  readonly cacheDir?: string;
  /** The search path. @default `PATH` */
  readonly path?: string;
  /** Told in one line what takes long. */
  readonly log?: (line: string) => void;
}

/**
 * The path of the `temporal` command: from the search path, else installed before, else downloaded, else built with Go.
 *
 * @throws an Error that says in one line what the user can do
 */
export async function findTemporalCli(search: CliSearch = {}): Promise<string> {
  const { cacheDir = envPaths('temporal-pipelines').cache, path = process.env.PATH ?? '', log } = search;
  const cached = join(cacheDir, INSTALLED, BINARY);
  const found = (await onPath(BINARY, path)) ?? ((await isExecutable(cached)) ? cached : undefined);
  if (found !== undefined) return found;

  await mkdir(join(cacheDir, INSTALLED), { recursive: true });
  // Built up beside its place and moved there in one step: two starts at the same time do not see half of it.
  const workDir = await mkdtemp(join(cacheDir, 'install-'));
  try {
    const reason = await download(workDir, log).catch((error: unknown) => causeOf(error));
    if (reason !== undefined) {
      const go = await onPath(WINDOWS ? 'go.exe' : 'go', path);
      if (go === undefined) throw new Error(advice(`temporal.download does not answer (${reason})`));
      log?.(
        `temporal.download does not answer (${reason}): building the temporal command with Go, about 3 minutes, once`,
      );
      await buildTemporalCli(go, join(workDir, BINARY), workDir, path).catch((error: unknown) => {
        throw new Error(advice((error as Error).message), { cause: error });
      });
    }
    await rename(join(workDir, BINARY), cached);
    return cached;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** Unpacks the latest release into `dir`. */
async function download(dir: string, log: CliSearch['log']): Promise<undefined> {
  const query = new URLSearchParams({
    platform: WINDOWS ? 'windows' : process.platform,
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    format: WINDOWS ? 'zip' : 'tar.gz',
  });
  // Two limits: without internet nothing should be waited for, but a slow line may take its time.
  const slow = new AbortController();
  const timer = setTimeout(() => {
    slow.abort(new Error(`no answer in ${String(HEADERS_WITHIN / 1_000)} s`));
  }, HEADERS_WITHIN);
  const signal = AbortSignal.any([slow.signal, AbortSignal.timeout(DOWNLOAD_WITHIN)]);
  const response = await fetch(`${ARCHIVE}?${query.toString()}`, { signal }).finally(() => {
    clearTimeout(timer);
  });
  if (!response.ok || response.body === null) throw new Error(`status ${String(response.status)}`);
  log?.('downloading the temporal command, once');
  const archive = join(dir, 'archive');
  await pipeline(Readable.fromWeb(response.body), createWriteStream(archive));
  await run('tar', ['-xf', archive, '-C', dir, BINARY]);
  await chmod(join(dir, BINARY), 0o755);
  // What does not run here (another libc, a login page instead of an archive) must not get into the cache.
  await run(join(dir, BINARY), ['--version']);
  return undefined;
}

function advice(problem: string): string {
  return `${problem}: install the temporal command (https://docs.temporal.io/cli) or name a server in TEMPORAL_ADDRESS`;
}

/** What `fetch` hides behind «fetch failed». */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const dir of path.split(delimiter).filter((part) => part !== '')) {
    if (await isExecutable(join(dir, name))) return join(dir, name);
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
