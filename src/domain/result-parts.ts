/** The data of a result of which some lies in blobs: what a job that has ended leaves instead of its entries. */
import { batchId, type ResultBody, type ResultEntry } from './events';
import type { OutcomeRun } from './outcome-runs';

/** What one node adds to the result. */
export interface ResultPart {
  readonly nodeName: string;
  readonly algorithmName: string;
  readonly isBatch: boolean;
  /** In index order; what is missing was skipped. */
  readonly runs: readonly OutcomeRun[];
}

/** A result that is being written down: what the activity `writeResult` is given. */
export interface ResultDraft {
  /** The body without its data. */
  readonly head: Omit<ResultBody, 'data'>;
  readonly parts: readonly ResultPart[];
  /** Of the webhook's body, in bytes. */
  readonly inlineLimit: number;
  /** Where a receiver reads what does not fit: a URL with `{ref}` in it. Without it the webhook has all results. */
  readonly dataUrl?: string;
  /** Whether there is a webhook. */
  readonly isSent: boolean;
}

/** What came of it. */
export interface WrittenResult {
  /** The body with what is small of its data, and references to the rest. */
  readonly results: ResultBody;
  /** The text of the webhook; absent where none is sent. */
  readonly text?: string;
}

/** @param index 0-based */
export function entryHead({ nodeName, algorithmName, isBatch }: ResultPart, index: number): ResultEntry {
  return isBatch ? { nodeName, batchID: batchId(nodeName, index), algorithmName } : { nodeName, algorithmName };
}

/** One entry for each outcome that is at hand. */
export function entriesOf(part: ResultPart): ResultEntry[] {
  return part.runs.flatMap((run) => {
    if (!('outcomes' in run)) return [];
    return run.outcomes.map((outcome, offset) => {
      const head = entryHead(part, run.first + offset);
      if ('error' in outcome) return { ...head, error: outcome.error };
      return 'result' in outcome ? { ...head, result: outcome.result } : head;
    });
  });
}

/** Whether all of it is at hand. */
export function isInline(parts: readonly ResultPart[]): boolean {
  return parts.every(({ runs }) => {
    return runs.every((run) => 'outcomes' in run && run.outcomes.every((outcome) => !('blob' in outcome)));
  });
}
