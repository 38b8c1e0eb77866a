/** For a facade that is told the names of the algorithms, and runs all of them on the queue of the job. */
import type { StartOptions } from '../../src/client';
import { PipelineError } from '../../src/domain/errors';
import { algorithmsOf, type Pipeline } from '../../src/domain/pipeline';

export function refuseUnknown(known: ReadonlySet<string>): (pipeline: Pipeline) => Promise<StartOptions> {
  // As a promise, so that it is a refusal and not a throw.
  // eslint-disable-next-line @typescript-eslint/require-await
  return async (pipeline) => {
    const unknown = algorithmsOf(pipeline).find((name) => !known.has(name));
    if (unknown !== undefined) throw new PipelineError('NotFound', `algorithm ${unknown} Not Found`);
    return {};
  };
}
