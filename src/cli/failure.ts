import { ConfigError } from '../config';

/** Says on standard error what went wrong, in one line a mistake, and ends with 2 for the configuration, else with 1. */
export function failWith(error: unknown): never {
  const lines = error instanceof ConfigError ? error.problems : [oneLine(error)];
  for (const line of lines) process.stderr.write(`temporal-pipelines: ${line}\n`);
  // Not from a Config, since that may be what has failed.
  const level = /--log-level[= ](\S+)/.exec(process.argv.join(' '))?.[1] ?? process.env.LOG_LEVEL ?? '';
  const debug = /^(debug|trace)$/i.test(level);
  if (debug && error instanceof Error) process.stderr.write(`${String(error.stack)}\n${causes(error)}`);
  process.exit(error instanceof ConfigError ? 2 : 1);
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().replace(/\s*\n\s*/g, ' | ');
}

function causes(error: Error): string {
  return error.cause instanceof Error ? `caused by ${String(error.cause.stack)}\n${causes(error.cause)}` : '';
}
