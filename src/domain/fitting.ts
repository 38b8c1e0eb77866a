/** How much of progress fits: Temporal refuses a payload over 2 MiB, and would try its workflow's task for ever. */
import { travelBytes } from './big-results';
import type { OutgoingEvent } from './delivery-input';
import type { ProgressBody, TaskChange } from './events';
import { parseLevel, passes } from './verbosity';

/** Of the task changes in one body, as they travel in a request: a thousand errors of 300 plain letters are less. */
export const MAX_TASKS_BYTES = 500_000;
/** Of all the events that a job leaves behind. */
export const MAX_LEFT_BYTES = 1_600_000;

/** @returns the first of them, as many as fit */
export function fittingTasks(tasks: readonly TaskChange[]): TaskChange[] {
  let bytes = 0;
  const end = tasks.findIndex((task) => (bytes += travelBytes(JSON.stringify(task))) > MAX_TASKS_BYTES);
  return end < 0 ? [...tasks] : tasks.slice(0, end);
}

/**
 * What a job hands over when it ends, in order. Where it is too much, events below info give way, and then the oldest; the
 * last never does.
 */
export function fittingEvents(events: readonly OutgoingEvent[]): OutgoingEvent[] {
  const sizes = new Map(events.map((event) => [event, travelBytes(event.body)]));
  let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (bytes <= MAX_LEFT_BYTES) return [...events];
  const earlier = events.slice(0, -1);
  for (const event of [...earlier.filter(isBelowInfo), ...earlier.filter((other) => !isBelowInfo(other))]) {
    if (bytes <= MAX_LEFT_BYTES) break;
    bytes -= sizes.get(event) ?? 0;
    sizes.delete(event);
  }
  return events.filter((event) => sizes.has(event));
}

function isBelowInfo({ body }: OutgoingEvent): boolean {
  const { level } = JSON.parse(body) as ProgressBody;
  return !passes('info', parseLevel(level) ?? level);
}
