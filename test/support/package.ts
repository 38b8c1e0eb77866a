/** The package as a team gets it: packed, and installed into an empty folder with its peers. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(__dirname, '../..');
const CONSUMER = join(ROOT, 'test/package/consumer');

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

interface Manifest {
  readonly version: string;
  readonly peerDependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

export class InstalledPackage {
  private constructor(
    /** Where the team's own files are, beside its `node_modules`. */
    readonly folder: string,
    readonly version: string,
  ) {}

  /** Packs, which builds, and installs: the slow part, so once for all tests. */
  static async install(): Promise<InstalledPackage> {
    const folder = await mkdtemp(join(tmpdir(), 'pipelines-package-'));
    try {
      const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest;
      const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], ROOT);
      const tarball = stdout.trim().split('\n').at(-1) ?? '';
      const { devDependencies, peerDependencies, version } = manifest;
      // The versions that all other tests run on: a release of tomorrow is not what is tested here.
      const peers = [...Object.keys(peerDependencies), '@types/node'];
      const installed = peers.map((name) => [name, devDependencies[name]] as const);
      const dependencies: Record<string, unknown> = {
        ...Object.fromEntries<unknown>(installed),
        'temporal-pipelines': `file:./${tarball}`,
      };
      await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'team', private: true, dependencies }));
      await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error'], folder);
      await cp(CONSUMER, folder, { recursive: true });
      return new InstalledPackage(folder, version);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Runs one of the team's own programs; rejects with what it wrote where it does not end with 0. */
  node(program: string, ...args: readonly string[]): Promise<Ran> {
    return run(process.execPath, [program, ...args], this.folder);
  }

  npx(...args: readonly string[]): Promise<Ran> {
    return run('npx', ['--no-install', ...args], this.folder);
  }

  /** The file that the `bin` of the package names. */
  get main(): string {
    return join(this.folder, 'node_modules/temporal-pipelines/lib/src/cli/main.js');
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** As from a shell of the team: nothing of npm's or of the test's own process gets through. */
export function teamEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|TEMPORAL_|WORKFLOW_BUNDLE$|NODE_OPTIONS$|FORCE_COLOR$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

async function run(command: string, args: readonly string[], cwd: string): Promise<Ran> {
  try {
    return await promisify(execFile)(command, args, { cwd, env: teamEnvironment(), maxBuffer: 16 << 20 });
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Partial<Ran> & Error;
    throw new Error([message, stdout, stderr].join('\n'), { cause: error });
  }
}
