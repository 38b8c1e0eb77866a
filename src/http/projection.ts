/** Which fields of an answer are asked for: some by their paths, or all but some. */
import { invalid } from '../domain/errors';
import { isJsonObject } from '../domain/json';

export interface Fields {
  /** Dotted paths. */
  readonly paths: readonly string[];
  /** Whether these alone are asked for, or all but these. */
  readonly only: boolean;
}

/** @throws PipelineError `InvalidPipeline` where both are asked for */
export function fieldsOf(flags: Readonly<Record<string, boolean>> = {}): Fields {
  const values = new Set(Object.values(flags));
  if (values.size > 1) throw invalid('data.fields should be all true or all false');
  return { paths: Object.keys(flags), only: values.has(true) };
}

/** `a:true, b:false` */
export function parseFlags(text: string | undefined): Record<string, boolean> | undefined {
  if (text === undefined) return undefined;
  const entries = text
    .replaceAll(/\s/g, '')
    .split(',')
    .map((entry) => entry.split(':'));
  return Object.fromEntries(entries.map(([name = '', value]) => [name, value === 'true']));
}

/** Whether anything of a field is answered. */
export function isWanted({ paths, only }: Fields, name: string): boolean {
  return only ? paths.some((path) => path.split('.')[0] === name) : !paths.includes(name);
}

export function project(whole: object, { paths, only }: Fields): object {
  const tree = new Map<string, Branch>();
  for (const path of paths) addPath(tree, path.split('.'));
  return only ? pick(whole, tree) : omit(whole, tree);
}

/** What is below a name; nothing where all of it is meant. */
type Branch = Map<string, Branch> | undefined;

function addPath(tree: Map<string, Branch>, [name = '', ...rest]: readonly string[]): void {
  const below = tree.get(name);
  if (rest.length === 0) tree.set(name, undefined);
  else if (below !== undefined) addPath(below, rest);
  else if (!tree.has(name)) {
    const branch = new Map<string, Branch>();
    tree.set(name, branch);
    addPath(branch, rest);
  }
}

function pick(whole: object, tree: ReadonlyMap<string, Branch>): object {
  const picked = Object.entries(whole).flatMap(([key, value]: [string, unknown]) => {
    if (!tree.has(key)) return [];
    const below = tree.get(key);
    if (below === undefined) return [[key, value]];
    return typeof value === 'object' && value !== null ? [[key, each(value, (one) => pick(one, below))]] : [];
  });
  return Object.fromEntries(picked) as object;
}

function omit(whole: object, tree: ReadonlyMap<string, Branch>): object {
  const left = Object.entries(whole).flatMap(([key, value]: [string, unknown]) => {
    const below = tree.get(key);
    if (below !== undefined) return [[key, each(value, (one) => omit(one, below))]];
    return tree.has(key) ? [] : [[key, value]];
  });
  return Object.fromEntries(left) as object;
}

/** Of a list each element by itself. */
function each(value: unknown, act: (one: object) => object): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => each(one, act));
  return isJsonObject(value) ? act(value) : value;
}
