import type { AttemptOutcome } from './delivery';

/**
 * There was no place for a request: none was made, and it is no attempt. A workflow of an older version, which does not know
 * of that, takes it for an attempt that failed, and makes it again.
 */
export interface Limited extends AttemptOutcome {
  readonly error: 'unknown';
  /** When to ask again, in milliseconds from the answer, at least 1,000. */
  readonly limitedMs: number;
}

export function isLimited(answer: AttemptOutcome): answer is Limited {
  return 'limitedMs' in answer;
}
