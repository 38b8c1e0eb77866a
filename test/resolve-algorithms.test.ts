import { expect } from 'chai';
import type { AlgorithmDefinition } from '../src/domain/algorithm-definition';
import { mergeAnnouncements } from '../src/domain/registry';
import { resolveAlgorithms, type AlgorithmSources } from '../src/temporal/resolve-algorithms';
import { rejection } from './support/rejection';

// In which order the homes of algorithms are looked for. Sources are plain data here; the real ones have their own tests.

const STORED: readonly AlgorithmDefinition[] = [
  { name: 'slow', http: { url: 'https://x.example' } },
  { name: 'quick', http: { url: 'https://y.example', timeout: 1.5 } },
  { name: 'python', activity: { taskQueue: 'py', type: 'run', heartbeatTimeout: 10 } },
  { name: 'instant', http: { url: 'https://z.example', timeout: 0.0001 } },
  { name: 'java', activity: { taskQueue: 'jvm', type: 'Run' } },
  { name: 'image', algorithmImage: 'team/image' },
  { name: 'both', algorithmImage: 'team/both' },
];

const sources: AlgorithmSources = {
  registry: () =>
    Promise.resolve(
      mergeAnnouncements([
        {
          taskQueue: 'team',
          at: 1,
          algorithms: { both: {}, python: {}, told: { concurrency: 3 }, far: { short: true } },
        },
        { taskQueue: 'pipelines', at: 1, algorithms: { near: { short: true }, not: { short: false } } },
      ]),
    ),
  stored: {
    getMany: (names) =>
      Promise.resolve(
        STORED.filter(({ name }) => names.includes(name)).map((definition) => {
          return { definition, revision: 1, version: 'v', auditTrail: [], created: 0, modified: 0 };
        }),
      ),
  },
  taskQueue: 'pipelines',
  known: new Set(['known']),
};

function pipeline(...names: string[]) {
  return { name: 'p', nodes: names.map((algorithmName, index) => ({ nodeName: `n${String(index)}`, algorithmName })) };
}

describe('the home of an algorithm', () => {
  for (const [name, home] of [
    ['slow', { kind: 'http', url: 'https://x.example', timeoutMs: 60_000 }],
    ['quick', { kind: 'http', url: 'https://y.example', timeoutMs: 1_500 }],
    ['python', { kind: 'activity', taskQueue: 'py', type: 'run', heartbeatTimeoutMs: 10_000 }],
    ['instant', { kind: 'http', url: 'https://z.example', timeoutMs: 1 }],
    ['java', { kind: 'activity', taskQueue: 'jvm', type: 'Run' }],
    ['told', { kind: 'worker', taskQueue: 'team' }],
    ['both', { kind: 'worker', taskQueue: 'team' }],
    ['far', { kind: 'worker', taskQueue: 'team' }],
    ['near', { kind: 'worker', taskQueue: 'pipelines', short: true }],
    ['not', { kind: 'worker', taskQueue: 'pipelines' }],
    ['image', { kind: 'worker', taskQueue: 'pipelines' }],
    ['known', { kind: 'worker', taskQueue: 'pipelines' }],
  ] as const) {
    it(`is ${JSON.stringify(home)} for ${name}`, async () => {
      expect(await resolveAlgorithms(pipeline(name, name), sources)).to.deep.equal({ [name]: home });
    });
  }

  it('is none for a name that nobody knows: the first is told', async () => {
    for (const known of [undefined, sources.known]) {
      const error = await rejection(
        resolveAlgorithms(pipeline('told', 'nobodys', 'constructor'), { ...sources, ...(known && { known }) }),
      );
      expect(error).to.include({ code: 'NotFound', message: 'algorithm nobodys Not Found' });
    }
  });
});
