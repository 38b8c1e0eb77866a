/** The severity levels of progress events, least important first (contract §4). */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'critical'] as const;

/** How much an event matters. */
export type Level = (typeof LEVELS)[number];

/** Whether a subscriber at `subscriber` gets an event of level `event`: those at and above its own. */
export function passes(subscriber: Level, event: Level): boolean {
  return LEVELS.indexOf(event) >= LEVELS.indexOf(subscriber);
}

/** @returns the level named by `text`, where `warning` is `warn`, or undefined. */
export function parseLevel(text: string): Level | undefined {
  const name = text === 'warning' ? 'warn' : text;
  return LEVELS.find((level) => level === name);
}
