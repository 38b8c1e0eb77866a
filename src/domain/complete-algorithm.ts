/** Stored algorithms as HKube's API has them (`hkube-api.md` §4): its defaults, and what it refuses. */
import { HOMES, type AlgorithmDefinition } from './algorithm-definition';
import { invalid } from './errors';
import { isJsonObject, type Json } from './json';
import { parseMemory } from './memory';

/** In Mi. */
const LEAST_MEMORY = 4;
/** Of an algorithm's memory, what HKube itself takes. */
const RESERVED = 0.2;

const IMAGE_DEFAULTS = { cpu: 0.1, mem: '256Mi', type: 'Image', minHotWorkers: 0 } as const;

/**
 * What is stored of a definition: what was asked to be removed by a null is, and of an image HKube's defaults are behind
 * what is given. All else stays as it is, so that what was exported can be imported and exported again.
 *
 * @throws PipelineError `InvalidPipeline` where it does not say in one way where the algorithm is
 */
export function completeAlgorithm(given: AlgorithmDefinition): AlgorithmDefinition {
  const entries = Object.entries(given).filter(([, value]) => value !== null);
  const definition = Object.fromEntries(entries) as unknown as AlgorithmDefinition;
  checkHome(definition);
  const { mem, options = {} } = definition;
  const memory = checkMemory('mem', mem ?? IMAGE_DEFAULTS.mem);
  if (memory < LEAST_MEMORY) throw invalid(`memory must be at least ${String(LEAST_MEMORY)} Mi`);
  if (definition['reservedMemory'] !== undefined) checkMemory('reservedMemory', definition['reservedMemory']);
  if (definition.algorithmImage === undefined) return definition;
  return {
    ...withImageDefaults(definition),
    ...(isJsonObject(options) && { options: { ...options, pending: options['pending'] ?? false } }),
    reservedMemory: definition['reservedMemory'] ?? `${String(Math.ceil(memory * RESERVED))}Mi`,
  };
}

/** The given keys first, in their order. */
function withImageDefaults(given: AlgorithmDefinition): AlgorithmDefinition {
  const missing = Object.entries(IMAGE_DEFAULTS).filter(([key]) => !Object.hasOwn(given, key));
  return { ...given, ...Object.fromEntries(missing) };
}

/**
 * What a change makes of a definition: what is not given stays. One that names another home replaces all of it, as what
 * was said of the old one does not hold there.
 *
 * @throws PipelineError `InvalidPipeline` where the type changes
 */
export function changeAlgorithm(current: AlgorithmDefinition, given: AlgorithmDefinition): AlgorithmDefinition {
  const { type: was } = current;
  const { type: becomes } = given;
  if (typeof was === 'string' && typeof becomes === 'string' && was !== becomes) {
    throw invalid(`algorithm type cannot be changed from "${was}" to "${becomes}"`);
  }
  const moves = HOMES.some((home) => (given[home] ?? null) !== null && current[home] === undefined);
  return moves ? given : { ...current, ...given };
}

/** @throws PipelineError `InvalidPipeline` */
function checkHome(definition: AlgorithmDefinition): void {
  const given = HOMES.filter((home) => definition[home] !== undefined);
  if (given.length > 1) throw invalid(`data should have only one of ${given.join(', ')}`);
  if (given.length === 1) return;
  if (definition['gitRepository'] !== undefined) throw notBuilt('a git repository');
  if (definition['fileInfo'] !== undefined) throw notBuilt('uploaded code');
  throw invalid('cannot apply algorithm due to missing image url or build data');
}

export function notBuilt(from: string): Error {
  return invalid(`builds from ${from} are not supported: build the image elsewhere, and give its algorithmImage`);
}

function checkMemory(key: string, value: Json): number {
  const memory = typeof value === 'string' ? parseMemory(value) : undefined;
  if (memory === undefined) throw invalid(`data.${key} should be an amount of memory such as 256Mi`);
  return memory;
}
