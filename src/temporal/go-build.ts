/** Builds the `temporal` command where it can't be downloaded, from source, with Go. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const COMMAND = 'github.com/temporalio/cli/cmd/temporal';

/** The newest version that another module can build: later ones have replace directives in their go.mod. */
const VERSION = 'v1.5.1';

/**
 * The server's database driver. With the one that this version asks for, a query whose caller has gone leaves the
 * server's only connection interrupted: every call is answered «interrupted (9)» from then on (temporalio/temporal
 * 9198 and 10427). `go install` knows no such choice, hence the module of our own.
 */
const SQLITE = 'modernc.org/sqlite@v1.51.0';

/**
 * @param go the `go` command, ≥ 1.25, or ≥ 1.21 where it may fetch a newer one
 * @param target the file to write
 * @param dir where to build
 * @throws an Error with the last line of what Go said
 */
export async function buildTemporalCli(go: string, target: string, dir: string, path: string): Promise<void> {
  const module = await mkdtemp(join(dir, 'module-'));
  const env = { ...process.env, PATH: path, GOFLAGS: '-mod=mod', GOWORK: 'off' };
  try {
    await writeFile(join(module, 'go.mod'), 'module temporal-command\n');
    for (const args of [
      ['get', `${COMMAND}@${VERSION}`, SQLITE],
      ['build', '-o', target, COMMAND],
    ]) {
      await run(go, args, { cwd: module, env, maxBuffer: 64 << 20 });
    }
  } catch (error) {
    throw new Error(`Go could not build ${COMMAND} ${VERSION} (${lastLine(error)})`, { cause: error });
  } finally {
    await rm(module, { recursive: true, force: true });
  }
}

function lastLine(error: unknown): string {
  const text = (error as { stderr?: string }).stderr ?? String(error);
  return text.trim().split('\n').at(-1) ?? '';
}
