/** What jobs belong to, to tell those of one purpose from others. */
export interface Experiment {
  /** At most 32 characters: alphanumeric, dash, dot, underscore or colon. */
  readonly name: string;
  /** For people. */
  readonly description?: string;
}
