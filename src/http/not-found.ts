import { invalid, PipelineError } from '../domain/errors';

/** For a `catch`: what is not there is refused in the words of the route, as HKube has them; all else stays. */
export function notFoundAs(message: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof PipelineError) || error.code !== 'NotFound') throw error;
    throw new PipelineError('NotFound', message);
  };
}

/** The same where HKube takes it for a mistake in what was sent. */
export function invalidAs(message: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof PipelineError) || error.code !== 'NotFound') throw error;
    throw invalid(message);
  };
}
