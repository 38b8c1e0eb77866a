/** Where an algorithm is exported: a thread can not be given a function, it loads the module that holds it. */
import type { Algorithm } from './algorithm';

export interface ThreadHome {
  readonly module: { readonly required: string } | { readonly imported: string };
  /** The way from what the module exports to the algorithm. */
  readonly keys: readonly string[];
}

const imported = new WeakMap<object, string>();

/** Tells from which URL an algorithm was imported; one of a module that was required is found without. */
export function rememberImport(algorithm: Algorithm, url: string): void {
  imported.set(algorithm, url);
}

/** @throws Error where no loaded module exports the algorithm */
export async function findHome(algorithm: Algorithm, name: string): Promise<ThreadHome> {
  const home = findRequired(algorithm) ?? (await findImported(algorithm));
  if (home !== undefined) return home;
  throw new Error(`algorithm ${name} has "thread": true, so a module must export it: none that is loaded does`);
}

function findRequired(algorithm: Algorithm): ThreadHome | undefined {
  for (const module of Object.values(require.cache)) {
    // Libraries are left alone: reading all that they export may do anything.
    if (module === undefined || module.filename.includes('node_modules')) continue;
    const keys = findKeys(module.exports, algorithm);
    if (keys !== undefined) return { module: { required: module.filename }, keys };
  }
  return undefined;
}

async function findImported(algorithm: Algorithm): Promise<ThreadHome | undefined> {
  const url = imported.get(algorithm);
  if (url === undefined) return undefined;
  // Node does not load it twice: this is the namespace that the thread will see.
  const keys = findKeys(await import(url), algorithm);
  return keys === undefined ? undefined : { module: { imported: url }, keys };
}

/** A default export of ES modules that were compiled to CommonJS lies three levels deep. */
const MAX_DEPTH = 4;

function findKeys(value: unknown, target: Algorithm, depth = 0): string[] | undefined {
  if (value === target) return [];
  if (depth === MAX_DEPTH || !isRecord(value)) return undefined;
  for (const [key, entry] of Object.entries(value)) {
    const keys = findKeys(entry, target, depth + 1);
    if (keys !== undefined) return [key, ...keys];
  }
  return undefined;
}

/** A plain object or a module's namespace. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
