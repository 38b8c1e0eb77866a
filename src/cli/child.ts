/** The child's side of the supervisor: when to stop, and how to say that one is ready. Works without a supervisor too. */

/** How long a child may take to stop before it ends by force; a worker gives what it runs ten seconds of it. */
export const CHILD_GRACE = 15_000;

/** What a child tells its supervisor once it can be used. */
export interface ReadyMessage {
  readonly ready: true;
  /** Of the facade: where it listens. */
  readonly url?: string;
}

/** What the supervisor sends to end a child. */
export interface StopMessage {
  readonly stop: true;
}

/**
 * Stops once, and then ends the process, on the first of: SIGTERM, SIGINT, SIGHUP, the supervisor's word, and the loss of
 * the supervisor, even by kill -9.
 *
 * @param stop lets finish what is in hand
 */
export function runAsChild(stop: () => Promise<void>): void {
  let stopping = false;
  const once = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), CHILD_GRACE).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, once);
  process.on('disconnect', once);
  process.on('message', (message) => {
    if (isStop(message)) once();
  });
  // The supervisor may have gone before the handler for it was there.
  if (process.send !== undefined && !process.connected) once();
}

/** Tells the supervisor, if there is one, that work can come. */
export function reportReady(info: Omit<ReadyMessage, 'ready'> = {}): void {
  if (process.connected) process.send?.({ ready: true, ...info } satisfies ReadyMessage);
}

function isStop(message: unknown): message is StopMessage {
  return typeof message === 'object' && message !== null && 'stop' in message && message.stop === true;
}
