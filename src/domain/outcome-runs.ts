/** The outcomes of tasks that follow each other, in as few pieces as can be. */
import type { BlobRef } from './blob';
import type { ItemOutcome } from './block';
import type { WholeBlob } from './stored-block';

/** Tasks that follow each other, by their first index: the outcomes themselves, or where they lie. */
export type OutcomeRun =
  | { readonly first: number; readonly outcomes: readonly ItemOutcome[] }
  /** `line` is that of the first task. */
  | {
      readonly first: number;
      readonly count: number;
      readonly blob: BlobRef;
      readonly line: number;
      readonly whole?: WholeBlob;
    };

/** One that grows. */
export type OpenRun =
  | { first: number; outcomes: ItemOutcome[] }
  | { first: number; count: number; blob: BlobRef; line: number; whole?: WholeBlob };

export function addInline(runs: OpenRun[], index: number, outcome: ItemOutcome): void {
  const last = runs.at(-1);
  if (last !== undefined && 'outcomes' in last && index === last.first + last.outcomes.length)
    last.outcomes.push(outcome);
  else runs.push({ first: index, outcomes: [outcome] });
}
