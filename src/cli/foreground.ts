/** What a person starts in a terminal and ends by Ctrl-C, together with the processes that belong to it. */
import { failWith } from './failure';

/** What runs until it is told to stop. */
export interface Stoppable {
  /** Resolves when all of it is gone. */
  readonly stop: () => Promise<void>;
  /** Ends everything at once. */
  readonly kill: () => void;
}

/** npm and TypeScript loaders pass a terminal's Ctrl-C on, although it has reached this process by itself. */
const SAME_KEY_PRESS = 500;

/** A line of a command's answer. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Sees to it that Ctrl-C or SIGTERM stops what is started, and then ends the process; a second one does not wait. */
export async function untilInterrupted<T extends Stoppable>(starting: Promise<T>): Promise<T> {
  // Whoever reads our lines may go before us: no reason to end without stopping the rest.
  process.stdout.on('error', () => undefined);
  let started: T | undefined = undefined;
  let firstSignal: number | undefined = undefined;
  const onSignal = (): void => {
    if (firstSignal !== undefined) {
      if (Date.now() - firstSignal < SAME_KEY_PRESS) return;
      started?.kill();
      process.exit(130);
    }
    firstSignal = Date.now();
    say('stopping; once more to end at once');
    starting.then((running) => running.stop()).then(() => process.exit(0), failWith);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  return (started = await starting);
}
