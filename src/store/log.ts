/** What the store says of itself; a logger of pino fits. */
export interface StoreLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

/** In one line. A name with several addresses fails with one error for each of them, and no message of its own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' | ');
}
