/** What the numbers were measured on. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { version as sdk } from '@temporalio/worker/package.json';
import { findTemporalCli } from '../../src/temporal/temporal-cli';

export interface Machine {
  readonly processor: string;
  readonly memory: string;
  readonly system: string;
  readonly software: string;
  /** Of the minute before the benchmark. */
  readonly load: string;
  readonly date: string;
  readonly commit: string;
}

export async function describeMachine(): Promise<Machine> {
  const processors = cpus();
  const temporal = firstLine(execFileSync(await findTemporalCli(), ['--version'], { encoding: 'utf8' }));
  return {
    processor: `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${release()}`,
    software: `Node ${process.version}, Temporal SDK ${sdk}, ${temporal}`,
    load: (loadavg()[0] ?? 0).toFixed(1),
    date: new Date().toISOString().slice(0, 10),
    commit: firstLine(execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' })),
  };
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
