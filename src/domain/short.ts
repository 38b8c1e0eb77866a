/**
 * Which blocks a job's own workflow runs, as local activities of the worker that has its task (DESIGN.md, «Short
 * algorithms»). While one runs, the workflow learns of nothing else, and what it has done is not written down yet.
 */
import type { BlockOutcome } from './block';
import { FIRST_WAVE } from './block-size';
import type { Homes } from './homes';
import type { Job, NodeState } from './job';
import { repeats } from './retry';

/** How long an item of such a block may take: its algorithm promises well under a second. */
export const SHORT_MS = 1_000;
/** Of an item that has taken longer. It is no error of its own, and runs again as after a crash. */
export const TOO_LONG_HERE = {
  error: 'the algorithm is declared short, and this task took longer than a second',
  crash: true,
} as const;
/** A block that takes longer is not short: the others of its algorithm go the ordinary way. */
export const WELL_UNDER_MS = SHORT_MS / 2;
/** When the workflow waits no more, as for code that never yields and so can not be told to end. */
export const GIVEN_UP_MS = SHORT_MS * 1.5;
/** Of an output that no blob takes: those of all in flight are in one answer to the server. */
export const MAX_BYTES_HERE = 32_000;
export const TOO_LARGE_HERE = {
  error: `the algorithm is declared short, and its output is larger than ${String(MAX_BYTES_HERE)} bytes`,
  crash: true,
} as const;
/** What the job may hold of outcomes already, for the same reason. */
const MAX_HELD_BYTES = 500_000;
/** How long after the first of a job another begins, so that a stop waits for at most twice as long. */
const SPELL_MS = 1_000;
/**
 * So old is a small job no more. It is half of a workflow task's timeout: after a worker was lost in the middle of such
 * blocks, the job is older, and an item that kills its process kills one that way.
 */
const YOUNG_MS = 5_000;
/** Below it, a task that was lost could come again while the job is young. */
const LEAST_TASK_TIMEOUT_MS = 2 * YOUNG_MS;

/**
 * A home that is wrongly so costs no more than a refusal by the worker.
 *
 * @param taskTimeoutMs of the job's workflow
 * @returns the names of the algorithms that are short
 */
export function shortAlgorithms(homes: Homes = {}, taskTimeoutMs: number): ReadonlySet<string> {
  if (taskTimeoutMs < LEAST_TASK_TIMEOUT_MS) return new Set();
  return new Set(
    Object.entries(homes).flatMap(([name, home]) => (home.kind === 'worker' && home.short === true ? [name] : [])),
  );
}

/**
 * Few items of a young job: their way is most of their time. Up to as many as the first wave of a batch, in one block and
 * all at once, as the blocks of that wave would run; a wider batch is spread over the workers. Only where a run may be
 * repeated after a crash, as nobody is told that it has begun.
 */
export function mayRunHere(job: Job, { plan, width }: NodeState, now: number): boolean {
  if (plan.isOutput === true || !job.short.has(plan.algorithmName)) return false;
  if (!repeats(plan.retry, 'crash') || width > FIRST_WAVE) return false;
  if (now >= job.submittedAt + YOUNG_MS || job.inlineBytes > MAX_HELD_BYTES) return false;
  return now < (job.shortSince ?? now) + SPELL_MS;
}

/** A block that ran here may have shown that those of its algorithm should not. */
export function noteShort(job: Job, algorithmName: string, { outcomes, stored, durationMs }: BlockOutcome): void {
  const hasRun = outcomes.length > 0 || stored !== undefined;
  const isShort = durationMs <= WELL_UNDER_MS && outcomes.every((outcome) => !('crash' in outcome));
  if (!hasRun || !isShort) leaveHere(job, algorithmName);
}

/** No other block of the algorithm runs here. */
export function leaveHere(job: Job, algorithmName: string): void {
  job.short.delete(algorithmName);
}
