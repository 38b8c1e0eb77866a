/** Finds out where the algorithms of a pipeline are run, before it is started (contract §10). */
import type { AlgorithmDefinition, AlgorithmHome } from '../domain/algorithm-definition';
import { PipelineError } from '../domain/errors';
import type { Homes } from '../domain/homes';
import type { Pipeline } from '../domain/pipeline';
import type { Registry } from '../domain/registry';
import type { Stored } from '../store/store';

export interface AlgorithmSources {
  /** Who has announced what. */
  readonly registry: () => Promise<Registry>;
  readonly stored: {
    getMany(names: readonly string[]): Promise<readonly Pick<Stored<AlgorithmDefinition>, 'definition'>[]>;
  };
  /** The job's own. */
  readonly taskQueue: string;
  /** Names that the workers of `taskQueue` serve, whether or not they have announced them. Default: none. */
  readonly known?: ReadonlySet<string>;
}

/** In seconds, where a definition names none. */
const HTTP_TIMEOUT = 60;

/**
 * A stored endpoint or activity goes before a worker that has announced the name; one that is stored otherwise and that
 * nobody has announced is waited for on the job's own task queue (contract §6, the last rule).
 *
 * @returns a home for each algorithm of the pipeline, for `StartOptions.homes`
 * @throws PipelineError `NotFound`, `algorithm <name> Not Found`, for the first in the pipeline's order that nobody knows;
 * `Unavailable` where the registry can not be read
 */
export async function resolveAlgorithms(pipeline: Pipeline, sources: AlgorithmSources): Promise<Homes> {
  const names = [...new Set(pipeline.nodes.map(({ algorithmName }) => algorithmName))];
  const [registry, found] = await Promise.all([sources.registry(), sources.stored.getMany(names)]);
  const stored = new Map(found.map(({ definition }) => [definition.name, definition]));
  return Object.fromEntries(names.map((name) => [name, homeFor(name, stored.get(name), registry, sources)]));
}

function homeFor(
  name: string,
  stored: AlgorithmDefinition | undefined,
  registry: Registry,
  { taskQueue, known }: AlgorithmSources,
): AlgorithmHome {
  if (stored?.http !== undefined) {
    const { url, timeout = HTTP_TIMEOUT } = stored.http;
    return { kind: 'http', url, timeoutMs: Math.ceil(timeout * 1_000) };
  }
  if (stored?.activity !== undefined) {
    const { taskQueue: queue, type, heartbeatTimeout } = stored.activity;
    return {
      kind: 'activity',
      taskQueue: queue,
      type,
      ...(heartbeatTimeout !== undefined && { heartbeatTimeoutMs: Math.ceil(heartbeatTimeout * 1_000) }),
    };
  }
  const announced = registry.get(name);
  if (announced !== undefined) {
    const isShort = announced.short === true && announced.taskQueue === taskQueue;
    return { kind: 'worker', taskQueue: announced.taskQueue, ...(isShort && { short: true }) };
  }
  if (stored === undefined && known?.has(name) !== true) {
    throw new PipelineError('NotFound', `algorithm ${name} Not Found`);
  }
  return { kind: 'worker', taskQueue };
}
