/** Loads the modules that `ALGORITHMS` names (contract §9). */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findFault, rememberImport, type Algorithm, type Algorithms } from '../activities';
import { exampleAlgorithms } from './examples';

/**
 * @param paths relative to the working directory; each module's default export is `{ "<algorithm name>": algorithm }`
 * @returns all of them in one record; the examples where `paths` is empty
 * @throws Error naming the module that can't be loaded, exports something else, or repeats a name
 */
export async function loadAlgorithms(paths: readonly string[]): Promise<Algorithms> {
  if (paths.length === 0) return exampleAlgorithms;
  const found = new Map<string, Algorithm>();
  for (const path of paths) {
    for (const [name, algorithm] of Object.entries(await loadModule(path)) as [string, Algorithm][]) {
      const fault = findFault(algorithm);
      if (fault !== undefined) throw new Error(`ALGORITHMS: ${path}: "${name}": ${fault}`);
      if (found.has(name)) throw new Error(`ALGORITHMS: ${path}: "${name}" is defined by another module too`);
      rememberImport(algorithm, urlOf(path));
      found.set(name, algorithm);
    }
  }
  return Object.fromEntries(found);
}

function urlOf(path: string): string {
  return pathToFileURL(resolve(path)).href;
}

async function loadModule(path: string): Promise<object> {
  let loaded: unknown;
  try {
    loaded = await import(urlOf(path));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`ALGORITHMS: ${path} can't be loaded: ${why}`, { cause: error });
  }
  const exported = defaultOf(defaultOf(loaded));
  if (typeof exported !== 'object' || exported === null) {
    throw new Error(`ALGORITHMS: ${path} has no default export { "<algorithm name>": algorithm }`);
  }
  return exported;
}

/** Compiled CommonJS carries its default export one level deeper than ESM. */
function defaultOf(loaded: unknown): unknown {
  return typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : loaded;
}
