/**
 * Outcomes that a job holds itself, beyond what it may: those of foreign activities, which know no blobs, and those that a
 * lost block had told. A worker of ours writes them down, as many at a time as a payload takes.
 */
import type { BlobRef } from './blob';
import type { ItemOutcome } from './block';
import { elementsOf } from './elements-of';
import { MOST_BLOBS, mostHeld, mostWritten } from './held';
import type { Job, Keeping, NodeState } from './job';
import { utf8Length } from './json';
import { keepsRoom } from './settings';
import { SEVERAL, type BlobLimits } from './stored-block';

/** What the activity `keepOutcomes` is given. */
export type KeepInput = { readonly jobId: string } & (HeldOutcomes | BlobLines);

/** Outcomes that the job holds. */
export interface HeldOutcomes {
  readonly outcomes: readonly ItemOutcome[];
  /** Of the one task of a node that is no batch: it becomes a blob of its own, with the elements of these arrays. */
  readonly elementsOf?: readonly (readonly string[])[];
}

/** Lines of blobs, which are to be one. */
export interface BlobLines {
  readonly runs: readonly LineRun[];
}

/** A blob with one outcome a line; or the outcome that stands for the one that was given. */
export type KeptOutcomes = { readonly blob: BlobRef } | { readonly outcome: ItemOutcome };

/** Lines that follow each other in a blob. */
export interface LineRun {
  readonly blob: BlobRef;
  /** The first of them, 0-based. */
  readonly line: number;
  readonly count: number;
}

/** Has outcomes written down: `outcomesKept` tells of it. */
export interface KeepOutcomes {
  readonly kind: 'keepOutcomes';
  readonly input: KeepInput;
}

/** Less is not worth the way; of a node that is no batch, less would not become a blob. */
const LEAST_BYTES = 50_000;
/** What is put together at a time; a worker holds all of it. */
const TOGETHER: BlobLimits = { blobs: 500, lines: 50_000, runs: 4_000, bytes: 16_000_000 };

/** What is larger may become a blob of its own as it is written down. */
const MAX_LINE_BYTES = 32_000;
/** What is around a result as JSON. */
const NO_RESULT = '{"result":}'.length;

/** The size of an outcome as the job holds it. */
export function outcomeBytes(outcome: ItemOutcome): number {
  return utf8Length(JSON.stringify(outcome));
}

/** @returns undefined where the job holds and names no more than it may, or is at it already */
export function keepOutcomes(job: Job): KeepOutcomes | undefined {
  if (job.keeping !== undefined || job.writingSince !== undefined) return undefined;
  return keepHeld(job) ?? putTogether(job);
}

function keepHeld(job: Job): KeepOutcomes | undefined {
  if (job.inlineBytes <= job.keepAbove) return undefined;
  const limit = mostWritten(job.settings);
  const [most] = job.nodes.map((node) => collect(node, limit)).sort((one, other) => other.bytes - one.bytes);
  if (most === undefined || most.bytes < LEAST_BYTES) {
    job.keepAbove = job.inlineBytes + LEAST_BYTES;
    return undefined;
  }
  job.keeping = most;
  const { node, indexes } = most;
  const outcomes = indexes.flatMap((index) => node.outcomes.inlineAt(index) ?? []);
  const single = node.plan.isBatch ? {} : { elementsOf: elementsOf(node) };
  return { kind: 'keepOutcomes', input: { jobId: job.jobId, outcomes, ...single } };
}

/** Each of a million blocks may have written a blob of its own. */
function putTogether(job: Job): KeepOutcomes | undefined {
  const named = job.nodes.reduce((sum, { outcomes }) => sum + outcomes.blobs, 0);
  if (named <= job.blobsAbove || !keepsRoom(job.settings)) return undefined;
  const nodes = [...job.nodes].sort((one, other) => other.outcomes.blobs - one.outcomes.blobs);
  for (const node of nodes) {
    const { items: indexes, blobs, largest } = node.outcomes.oldest(TOGETHER);
    if (blobs < SEVERAL) continue;
    job.keeping = { node, indexes, bytes: 0, largest };
    const runs = node.outcomes.runsOf(indexes).flatMap((run) => ('blob' in run ? [toLines(run)] : []));
    return { kind: 'keepOutcomes', input: { jobId: job.jobId, runs } };
  }
  // All of them are large, or of nodes that have few.
  job.blobsAbove = named + MOST_BLOBS / 10;
  return undefined;
}

function toLines({ blob, line, count }: LineRun): LineRun {
  return { blob, line, count };
}

function collect(node: NodeState, limit: number): Keeping {
  const indexes: number[] = [];
  let bytes = 0;
  let largest: number | undefined = 0;
  for (const [index, outcome] of node.outcomes.inlineEntries()) {
    // One that is a blob already gains nothing alone.
    if (!node.plan.isBatch && 'blob' in outcome) continue;
    const size = outcomeBytes(outcome);
    if (indexes.length > 0 && bytes + size > limit) break;
    indexes.push(index);
    bytes += size;
    if ('blob' in outcome || size > MAX_LINE_BYTES) largest = undefined;
    else if ('result' in outcome && largest !== undefined) largest = Math.max(largest, size - NO_RESULT);
  }
  return { node, indexes: indexes.sort((one, other) => one - other), bytes, largest };
}

/** @param kept undefined where the workers have no place for blobs: then the job holds what it has */
export function endKeeping(job: Job, kept: KeptOutcomes | undefined): void {
  const { keeping } = job;
  job.keeping = undefined;
  if (keeping === undefined) return;
  const { node, indexes, bytes, largest } = keeping;
  if (kept === undefined) {
    job.keepAbove = Infinity;
    job.blobsAbove = Infinity;
    return;
  }
  job.keepAbove = mostHeld(job.settings);
  job.blobsAbove = MOST_BLOBS;
  job.inlineBytes = Math.max(0, job.inlineBytes - bytes);
  // Without it the result is made by reading all, as it always was in jobs that an earlier version has begun.
  if ('blob' in kept) node.outcomes.keep(kept.blob, indexes, keepsRoom(job.settings) ? largest : undefined);
  else for (const index of indexes) node.outcomes.set(index, kept.outcome);
}
