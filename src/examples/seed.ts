/** The pipeline of HKube's webhooks page. */
import type { Algorithms } from '../../activities';
import type { Pipeline } from '../domain/pipeline';

export const seedAlgorithms: Algorithms = {
  /** Ten times its first argument. */
  'green-alg': ({ input: [value] }) => {
    if (typeof value !== 'number') throw new Error('green-alg needs a number');
    return value * 10;
  },
};

export function seedPipeline(webhooks: NonNullable<Pipeline['webhooks']>): Pipeline {
  return {
    name: 'batch',
    nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['#[1,2,3]'] }],
    webhooks,
  };
}
