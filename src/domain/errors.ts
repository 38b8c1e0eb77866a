/**
 * Errors that a caller can act on. `code` is for programs and crosses Temporal as `ApplicationFailure.type`;
 * the HTTP status is chosen in `src/http/errors.ts` alone.
 */

/** The kinds of mistakes, a closed list. */
export type PipelineErrorCode =
  /** The document is refused: the message names the field and the rule. */
  | 'InvalidPipeline'
  /** No such job, node or algorithm: `<kind> <name> Not Found`. */
  | 'NotFound'
  /** The job's status does not allow the call. */
  | 'WrongState'
  /** As many jobs of the pipeline run as its `concurrentPipelines` allows: it may be started again later. */
  | 'LimitReached'
  /** The same key was used for something else. */
  | 'Conflict'
  /** Nobody answered in time; the call may be repeated. */
  | 'Unavailable';

/** Anything that a caller did or can do something about; compare `code`, the message is for people. */
export class PipelineError extends Error {
  /** Tells it from other errors where `instanceof` can't, as with two copies of the package. */
  override readonly name = 'PipelineError';

  constructor(
    /** What kind of mistake it is. */
    readonly code: PipelineErrorCode,
    message: string,
    /** Only where a list helps, such as the nodes of a cycle. */
    readonly details?: readonly string[],
  ) {
    super(message);
  }
}

export function invalid(message: string, details?: readonly string[]): PipelineError {
  return new PipelineError('InvalidPipeline', message, details);
}
