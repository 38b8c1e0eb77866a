/**
 * A pipeline over real data that every checkout has: the packages in `node_modules`. Each is read, its licence is
 * checked, its files are measured and hashed; a node over the outputs of both batches makes a report.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import satisfies from 'spdx-satisfies';
import type { AlgorithmFunction, Algorithms } from '../../activities';
import { isJsonObject } from '../domain/json';
import type { Pipeline } from '../domain/pipeline';

/** Licences that ask for nothing but their notice. */
const APPROVED = [
  'MIT',
  'MIT-0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
];

interface Manifest {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

interface Verdict extends Manifest {
  readonly approved: boolean;
}

interface Measure {
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  /** Over the names and the contents of all files, in the order of their names. */
  readonly sha256: string;
}

/** What the node `report` answers. */
export interface PackageReport {
  readonly packages: number;
  readonly files: number;
  readonly bytes: number;
  /** How many packages carry each licence, the most frequent first. */
  readonly licences: Readonly<Record<string, number>>;
  /** Packages whose licence is not on the list of approved ones. */
  readonly toReview: readonly string[];
  /** The five largest packages. */
  readonly largest: readonly { readonly name: string; readonly bytes: number }[];
  /** Packages with the very same files as another one. */
  readonly duplicates: number;
}

export const packageAlgorithms: Algorithms = {
  'package-read': async ({ input }): Promise<Manifest> => {
    const { directory, path } = packageOf(input[0]);
    const manifest: unknown = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
    if (!isJsonObject(manifest)) throw new Error(`${path}: package.json is no object`);
    return {
      path,
      name: textOf(manifest['name'], path),
      version: textOf(manifest['version'], '0.0.0'),
      licence: licenceOf(manifest['license'] ?? manifest['licenses']),
    };
  },
  'package-licence': ({ input }): Verdict => {
    const manifest = input[0] as unknown as Manifest;
    return { ...manifest, approved: isApproved(manifest.licence) };
  },
  'package-measure': { run: ({ input }, { signal }) => measure(packageOf(input[0]), signal), concurrency: 4 },
  'package-report': (({ input }): PackageReport => {
    const [verdicts, measures] = input as unknown as [(Verdict | null)[], (Measure | null)[]];
    return makeReport(
      verdicts.filter((one) => one !== null),
      measures.filter((one) => one !== null),
    );
  }) satisfies AlgorithmFunction,
};

/** @param packages paths below `root`, as {@link findPackages} answers them */
export function packagesPipeline(
  root: string,
  packages: readonly string[],
  webhooks: NonNullable<Pipeline['webhooks']>,
): Pipeline {
  const item = { root: '@flowInput.root', path: '#@flowInput.packages' };
  return {
    name: 'packages',
    description: 'licences, sizes and hashes of every package in node_modules',
    nodes: [
      { nodeName: 'read', algorithmName: 'package-read', input: [item] },
      { nodeName: 'licence', algorithmName: 'package-licence', input: ['#@read'] },
      { nodeName: 'measure', algorithmName: 'package-measure', input: [item] },
      { nodeName: 'report', algorithmName: 'package-report', input: ['@licence', '@measure'] },
    ],
    flowInput: { root, packages },
    webhooks,
    options: { progressVerbosityLevel: 'debug', batchTolerance: 20 },
  };
}

/** Every directory below `root` that npm put a package in, nested ones included, as paths relative to it. */
export async function findPackages(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await directoriesIn(root)) {
    if (name.startsWith('.')) continue;
    const names = name.startsWith('@')
      ? (await directoriesIn(join(root, name))).map((inner) => join(name, inner))
      : [name];
    for (const path of names) {
      if (await isFile(join(root, path, 'package.json'))) found.push(path);
      const nested = await findPackages(join(root, path, 'node_modules'));
      found.push(...nested.map((inner) => join(path, 'node_modules', inner)));
    }
  }
  return found.sort();
}

async function directoriesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Only below the working directory: whoever may post a pipeline may not look into the rest of the machine. */
function packageOf(input: unknown): { directory: string; path: string } {
  if (!isJsonObject(input)) throw new Error('needs { root, path }');
  const path = textOf(input['path'], '');
  const directory = resolve(textOf(input['root'], ''), path);
  if (relative(process.cwd(), directory).split(sep)[0] === '..')
    throw new Error(`${path} is outside of the working directory`);
  return { directory, path };
}

async function measure(
  { directory, path }: { directory: string; path: string },
  signal: AbortSignal,
): Promise<Measure> {
  const hash = createHash('sha256');
  let files = 0;
  let bytes = 0;
  for (const file of await filesIn(directory)) {
    signal.throwIfAborted();
    hash.update(`${file}\0`);
    for await (const chunk of createReadStream(join(directory, file)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    files++;
  }
  return { path, files, bytes, sha256: hash.digest('hex') };
}

/** A package's own files: those of packages nested in it are theirs. */
async function filesIn(directory: string, prefix = ''): Promise<string[]> {
  const entries = await readdir(join(directory, prefix), { withFileTypes: true });
  const nested = entries
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map((entry) => filesIn(directory, join(prefix, entry.name)));
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(prefix, entry.name));
  return [...files, ...(await Promise.all(nested)).flat()].sort();
}

/** The field was an object, and a list of objects, before it was an SPDX expression. */
function licenceOf(field: unknown): string {
  if (typeof field === 'string') return field;
  if (Array.isArray(field)) return `(${field.map(licenceOf).join(' OR ')})`;
  return isJsonObject(field) ? textOf(field['type'], 'none') : 'none';
}

function isApproved(licence: string): boolean {
  try {
    return satisfies(licence, APPROVED);
  } catch {
    // No SPDX expression: a person has to look.
    return false;
  }
}

function makeReport(verdicts: readonly Verdict[], measures: readonly Measure[]): PackageReport {
  const licences = new Map<string, number>();
  for (const { licence } of verdicts) licences.set(licence, (licences.get(licence) ?? 0) + 1);
  const names = new Map(verdicts.map(({ path, name, version }) => [path, `${name}@${version}`]));
  const largest = [...measures].sort((one, other) => other.bytes - one.bytes).slice(0, 5);
  return {
    packages: measures.length,
    files: sum(measures.map(({ files }) => files)),
    bytes: sum(measures.map(({ bytes }) => bytes)),
    licences: Object.fromEntries([...licences].sort(([, one], [, other]) => other - one)),
    toReview: verdicts.filter(({ approved }) => !approved).map(({ name, licence }) => `${name} (${licence})`),
    largest: largest.map(({ path, bytes }) => ({ name: names.get(path) ?? path, bytes })),
    duplicates: measures.length - new Set(measures.map(({ sha256 }) => sha256)).size,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
