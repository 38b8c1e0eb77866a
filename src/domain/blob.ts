/** What a large value leaves in a history: where it lies, never itself (architecture §1). */

/** A blob that was written once and never changes. Recorded histories hold it. */
export interface BlobRef {
  /** Names the store that holds it: another can not read it. */
  readonly store: string;
  /** Its name there. */
  readonly key: string;
  /** In bytes. */
  readonly size: number;
}
