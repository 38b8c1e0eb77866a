/**
 * Outcomes that a job holds itself, beyond what it may: those of foreign activities, which know no blobs, and those that a
 * lost block had told. A worker of ours writes them down, as many at a time as a payload takes.
 */
import type { BlobRef } from './blob';
import type { ItemOutcome } from './block';
import { elementsOf } from './elements-of';
import { MAX_INLINE_BYTES, type Job, type Keeping, type NodeState } from './job';
import { utf8Length } from './json';

/** What the activity `keepOutcomes` is given. */
export interface KeepInput {
  readonly jobId: string;
  readonly outcomes: readonly ItemOutcome[];
  /** Of the one task of a node that is no batch: it becomes a blob of its own, with the elements of these arrays. */
  readonly elementsOf?: readonly (readonly string[])[];
}

/** A blob with one outcome a line; or the outcome that stands for the one that was given. */
export type KeptOutcomes = { readonly blob: BlobRef } | { readonly outcome: ItemOutcome };

/** Has outcomes written down: `outcomesKept` tells of it. */
export interface KeepOutcomes {
  readonly kind: 'keepOutcomes';
  readonly input: KeepInput;
}

/** Of one payload, well below the 2 MiB that Temporal takes. */
const MOST_BYTES = 1_000_000;
/** Less is not worth the way; of a node that is no batch, less would not become a blob. */
const LEAST_BYTES = 50_000;

/** The size of an outcome as the job holds it. */
export function outcomeBytes(outcome: ItemOutcome): number {
  return utf8Length(JSON.stringify(outcome));
}

/** @returns undefined where the job holds no more than it may, or is at it already */
export function keepOutcomes(job: Job): KeepOutcomes | undefined {
  if (job.keeping !== undefined || job.writingSince !== undefined || job.inlineBytes <= job.keepAbove) return undefined;
  const [most] = job.nodes.map(collect).sort((one, other) => other.bytes - one.bytes);
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

function collect(node: NodeState): Keeping {
  const indexes: number[] = [];
  let bytes = 0;
  for (const [index, outcome] of node.outcomes.inlineEntries()) {
    // One that is a blob already gains nothing alone.
    if (!node.plan.isBatch && 'blob' in outcome) continue;
    const size = outcomeBytes(outcome);
    if (indexes.length > 0 && bytes + size > MOST_BYTES) break;
    indexes.push(index);
    bytes += size;
  }
  return { node, indexes: indexes.sort((one, other) => one - other), bytes };
}

/** @param kept undefined where the workers have no place for blobs: then the job holds what it has */
export function endKeeping(job: Job, kept: KeptOutcomes | undefined): void {
  const { keeping } = job;
  job.keeping = undefined;
  if (keeping === undefined) return;
  const { node, indexes, bytes } = keeping;
  if (kept === undefined) {
    job.keepAbove = Infinity;
    return;
  }
  job.keepAbove = MAX_INLINE_BYTES;
  job.inlineBytes = Math.max(0, job.inlineBytes - bytes);
  if ('blob' in kept) node.outcomes.keep(kept.blob, indexes);
  else for (const index of indexes) node.outcomes.set(index, kept.outcome);
}
