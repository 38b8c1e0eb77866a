/** The code of the README and of its sisters, as whoever copies it would run it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until';

const run = promisify(execFile);

export const ROOT = resolve(__dirname, '../..');

/** The marks of the README's programs for a Temporal of one's own, which need the package. */
export const OF_THE_PACKAGE = ['new PipelinesPlugin', 'new PipelineClient'] as const;

interface Block {
  readonly language: string;
  readonly text: string;
}

/** All fenced blocks, each of which some test must take. */
export class Readme {
  private readonly blocks: readonly Block[];
  private readonly taken = new Set<Block>();

  /** @param file from the root of the repository */
  constructor(file = 'README.md') {
    const text = readFileSync(join(ROOT, file), 'utf8');
    this.blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', block = '']) => ({
      language,
      text: block,
    }));
  }

  /** The one block that holds `mark`; a line break stands before its first line too. */
  take(mark: string): string {
    const found = this.blocks.filter(({ text }) => `\n${text}`.includes(mark));
    const [block] = found;
    if (block === undefined || found.length > 1) throw new Error(`${String(found.length)} blocks hold «${mark}»`);
    this.taken.add(block);
    return block.text;
  }

  /** What nobody has run, by its first line. */
  untaken(): string[] {
    return this.blocks.filter((block) => !this.taken.has(block)).map(({ text }) => text.split('\n')[0] ?? '');
  }
}

/** Runs the lines of a `sh` block. @returns what they print */
export async function shell(text: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', text], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    maxBuffer: 16_000_000,
  });
  return stdout;
}

/** A process that runs until it is ended, with what it has written so far. */
export class Program {
  output = '';
  private readonly ended: Promise<unknown>;

  constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (data: Buffer) => (this.output += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.ended = new Promise((done) => child.once('close', done));
  }

  static start(command: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd = ROOT): Program {
    // A group of its own, as npm and loaders put processes between this one and the one that counts.
    return new Program(spawn(command, args, { cwd, env: { ...process.env, ...env }, detached: true }));
  }

  async says(text: string, withinMs = 60_000): Promise<void> {
    await until(
      `it says «${text}»`,
      () => {
        if (this.child.exitCode !== null) throw new Error(`it has ended:\n${this.output}`);
        return this.output.includes(text);
      },
      withinMs,
    );
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.pid !== undefined) {
      try {
        process.kill(-this.child.pid, 'SIGTERM');
      } catch {
        // Gone meanwhile.
      }
    }
    await this.ended;
  }
}
