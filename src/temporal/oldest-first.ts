/**
 * The reverse of visibility's only order, without a walk from its other end: closed runs by their end and then open ones by
 * their start, oldest first. Windows of time are listed whole and sorted here, each as wide as a page of the server holds.
 */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { listPage } from './list-page';
import { count, quoteTime, type Search } from './visibility';

/** Behind which a list goes on. */
export interface Place {
  readonly isOpen: boolean;
  /** Of its end, or of its start where it is open: epoch milliseconds. */
  readonly at: number;
  readonly runId: string;
  /** How wide the window was that it was found in, in milliseconds. */
  readonly width: number;
}

/** What is listed at a time: a page or two of what is asked for. */
const WINDOW = 300;
const FIRST_WIDTH_MS = 1_000;
/** Clocks of servers may be ahead of ours. */
const AHEAD_MS = 60_000;

export async function* oldestFirst(
  client: Client,
  sought: Search,
  after?: Place,
): AsyncGenerator<{ readonly run: WorkflowExecutionInfo; readonly place: Place }> {
  if (after?.isOpen !== true) yield* byTime(client, sought, false, after);
  yield* byTime(client, sought, true, after?.isOpen === true ? after : undefined);
}

async function* byTime(
  client: Client,
  sought: Search,
  isOpen: boolean,
  after: Place | undefined,
): AsyncGenerator<{ readonly run: WorkflowExecutionInfo; readonly place: Place }> {
  const time = isOpen ? 'StartTime' : 'CloseTime';
  const standing = `${sought.query} AND ExecutionStatus ${isOpen ? '=' : '!='} 'Running'`;
  const searchFor = (...conditions: string[]): Search => ({
    ...sought,
    query: [standing, ...conditions].join(' AND '),
  });
  const since = (at: number): string => `${time} >= ${quoteTime(at)}`;
  const before = (at: number): string => `${time} < ${quoteTime(at)}`;

  let from = after?.at ?? 0;
  let width = after?.width ?? FIRST_WIDTH_MS;
  if (after === undefined) {
    const all = await listPage(client, searchFor(), WINDOW);
    if (all.next === undefined) {
      yield* inOrder(all.runs, isOpen, width, after);
      return;
    }
    from = await beginning((at) => count(client, searchFor(before(at))));
  }
  for (;;) {
    const isLast = from + width > Date.now() + AHEAD_MS;
    const window = isLast ? searchFor(since(from)) : searchFor(since(from), before(from + width));
    const found = await listPage(client, window, WINDOW);
    if (found.next !== undefined && width > 1) {
      width = Math.ceil(width / 4);
      continue;
    }
    const runs = [...found.runs];
    // So many in one millisecond.
    for (let { next } = found; next !== undefined;) {
      const more = await listPage(client, window, WINDOW, next);
      runs.push(...more.runs);
      ({ next } = more);
    }
    yield* inOrder(runs, isOpen, width, after);
    if (isLast) return;
    from += width;
    if (runs.length < WINDOW / 8) width *= 4;
  }
}

/** @param countBefore how many there are before a time; @returns a time before all of them, and not long before the first */
async function beginning(countBefore: (at: number) => Promise<number>): Promise<number> {
  const now = Date.now() + AHEAD_MS;
  for (let back = AHEAD_MS; back < now; back *= 8) if ((await countBefore(now - back)) === 0) return now - back;
  return 0;
}

function* inOrder(
  runs: readonly WorkflowExecutionInfo[],
  isOpen: boolean,
  width: number,
  after: Place | undefined,
): Iterable<{ readonly run: WorkflowExecutionInfo; readonly place: Place }> {
  const found = runs.map((run) => {
    const time = isOpen ? run.startTime : (run.closeTime ?? run.startTime);
    return { run, place: { isOpen, at: time.getTime(), runId: run.runId, width } };
  });
  found.sort((one, other) => compare(one.place, other.place));
  for (const one of found) if (after === undefined || compare(after, one.place) < 0) yield one;
}

/** The server's times are finer than ours: what is of one millisecond is sorted by something that stays. */
function compare(one: Place, other: Place): number {
  return one.at - other.at || (one.runId < other.runId ? -1 : Number(one.runId > other.runId));
}
