/**
 * How the tasks of a job have ended, in a few bytes for each node: what its record keeps of them. A text for each node, such
 * as `3s1f6x`: the first three succeeded, one failed, six were stopped.
 */
import type { FailedTask } from './events';
import type { Job, NodeState } from './job';
import { toStates, type ItemQuery, type ItemRun, type NodeStates, type NodeView } from './job-graph';
import type { NodePlan } from './graph';
import type { TaskCounts, TaskStatus } from './progress';

const LETTERS = { succeed: 's', failed: 'f', skipped: 'k', stopped: 'x' } as const satisfies Partial<
  Record<TaskStatus, string>
>;
type Ended = keyof typeof LETTERS;
const STATUSES = Object.fromEntries(Object.entries(LETTERS).map(([status, letter]) => [letter, status as Ended]));

/** Before a text that tells how many, and not which. */
const COUNTS_ONLY = '~';
/** Of one node. */
const MOST_RUNS = 500;
/** Of all nodes: what is left of a payload beside the largest result. */
const MAX_BYTES = 64_000;

/** @returns a text for each node, empty where it never opened; undefined where there are too many nodes */
export function endingOf(job: Job): readonly string[] | undefined {
  const whole = job.nodes.map((node) => textOf(node, true));
  if (lengthOf(whole) <= MAX_BYTES) return whole;
  const counts = job.nodes.map((node) => textOf(node, false));
  return lengthOf(counts) <= MAX_BYTES ? counts : undefined;
}

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length + 3, 0);
}

function textOf(node: NodeState, isWhole: boolean): string {
  const { phase, width, counts } = node;
  if (phase === 'creating') return '';
  if (width === 0) return `0${LETTERS.skipped}`;
  const kinds = (Object.keys(LETTERS) as Ended[]).filter((status) => counts[status] > 0);
  const summary = kinds.map((status) => String(counts[status]) + LETTERS[status]).join('');
  if (kinds.length < 2) return summary;
  return (isWhole ? runsOf(node) : undefined) ?? COUNTS_ONLY + summary;
}

/** @returns undefined where they are too many */
function runsOf({ width, outcomes }: NodeState): string | undefined {
  const runs: string[] = [];
  let count = 0;
  let current: Ended = outcomes.statusAt(0) ?? 'stopped';
  for (let index = 0; index <= width; index++) {
    const status = index === width ? undefined : (outcomes.statusAt(index) ?? 'stopped');
    if (status === current) {
      count++;
      continue;
    }
    runs.push(String(count) + LETTERS[current]);
    if (runs.length > MOST_RUNS) return undefined;
    count = 1;
    if (status !== undefined) current = status;
  }
  return runs.join('');
}

/**
 * The inverse of {@link endingOf}.
 *
 * @param failures that the job tells of by their words
 */
export function statesOfEnding(
  texts: readonly string[],
  plans: readonly NodePlan[],
  failures: readonly FailedTask[],
  query: ItemQuery,
): NodeStates[] {
  const errors = new Map(failures.map(({ nodeName, batchID, error }) => [batchID ?? nodeName, error]));
  const views = plans.map(({ nodeName, isBatch }, position): NodeView => {
    const errorAt = (index: number): string | undefined => errors.get(`${nodeName}#${String(index + 1)}`);
    return { isBatch, errorAt, ...parse(texts[position] ?? '') };
  });
  return toStates(
    plans.map(({ nodeName }) => nodeName),
    views,
    query,
  );
}

function parse(text: string): Pick<NodeView, 'width' | 'counts' | 'statusAt' | 'runs'> {
  if (text === '') return { width: undefined, counts: { stopped: 1 } };
  const runs: ItemRun[] = [];
  const counts: Partial<TaskCounts> = {};
  let width = 0;
  for (const [, digits, letter] of text.matchAll(/(\d+)([a-z])/g)) {
    const run = { first: width, count: Number(digits), status: STATUSES[letter ?? ''] ?? 'stopped' };
    runs.push(run);
    counts[run.status] = (counts[run.status] ?? 0) + run.count;
    width += run.count;
  }
  // An empty batch counts as one skipped task.
  if (width === 0) return { width, counts: { skipped: 1 }, statusAt: () => 'skipped' };
  if (text.startsWith(COUNTS_ONLY)) return { width, counts };
  const statusAt = (index: number): TaskStatus =>
    runs.find(({ first, count }) => index < first + count)?.status ?? 'stopped';
  return { width, counts, statusAt, runs };
}
