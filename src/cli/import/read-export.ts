/** What `hkubectl export` has written: a folder of algorithms, one of pipelines, or both of them in one. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse as parseYaml } from 'yaml';
import { isJsonObject, type Json } from '../../domain/json';

/** In the order in which they are stored: a pipeline whose algorithms are not there is refused. */
export const KINDS = ['algorithm', 'pipeline'] as const;
export type Kind = (typeof KINDS)[number];

/** One definition of an export. */
export interface Exported {
  readonly kind: Kind;
  /** Below the folder. */
  readonly file: string;
  readonly document: Readonly<Record<string, Json>>;
}

/** A file that holds none. */
export interface Unreadable {
  readonly file: string;
  readonly problem: string;
}

export interface Export {
  /** Algorithms first, each kind by its files' names. */
  readonly definitions: readonly Exported[];
  readonly unreadable: readonly Unreadable[];
}

const READERS: Readonly<Record<string, { readonly of: string; parse(text: string): unknown }>> = {
  '.json': { of: 'JSON', parse: (text) => JSON.parse(text) as unknown },
  '.yaml': { of: 'YAML', parse: (text) => parseYaml(text) as unknown },
  '.yml': { of: 'YAML', parse: (text) => parseYaml(text) as unknown },
};

/** @throws Error where there is nothing to import in the folder */
export async function readExport(folder: string): Promise<Export> {
  const definitions: Exported[] = [];
  const unreadable: Unreadable[] = [];
  for (const { kind, file } of await filesOf(folder)) {
    const found = await read(folder, file);
    if ('problem' in found) unreadable.push({ file, problem: found.problem });
    else definitions.push({ kind: kind ?? kindOf(found.document), file, document: found.document });
  }
  if (definitions.length + unreadable.length === 0) {
    throw new Error(`${folder} has no .json or .yaml files, neither in algorithms and pipelines nor by itself`);
  }
  const sorted = KINDS.flatMap((kind) => definitions.filter((one) => one.kind === kind));
  return { definitions: sorted, unreadable };
}

/** `export all` makes a folder for each kind; `export pipelines` and `export algorithms` make none. */
async function filesOf(folder: string): Promise<{ readonly kind?: Kind; readonly file: string }[]> {
  const found: { kind?: Kind; file: string }[] = [];
  let hasFolders = false;
  for (const kind of KINDS) {
    const below = `${kind}s`;
    if (!(await isFolder(path.join(folder, below)))) continue;
    hasFolders = true;
    found.push(...(await list(path.join(folder, below))).map((name) => ({ kind, file: path.join(below, name) })));
  }
  return hasFolders ? found : (await list(folder)).map((file) => ({ file }));
}

async function list(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new Error(`${folder} can not be read: ${reasonOf(error)}`, { cause: error });
  });
  return entries
    .filter((entry) => !entry.isDirectory() && path.extname(entry.name).toLowerCase() in READERS)
    .map(({ name }) => name)
    .sort();
}

async function isFolder(folder: string): Promise<boolean> {
  return await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function read(
  folder: string,
  file: string,
): Promise<{ readonly document: Exported['document'] } | { readonly problem: string }> {
  const reader = READERS[path.extname(file).toLowerCase()];
  try {
    const text = await readFile(path.join(folder, file), 'utf8');
    const document = reader?.parse(text.replace(/^\uFEFF/, ''));
    return isJsonObject(document) ? { document: document } : { problem: 'should hold one object' };
  } catch (error) {
    const isSystem = error instanceof Error && 'syscall' in error;
    return { problem: isSystem ? reasonOf(error) : `is no ${reader?.of ?? 'text'}: ${reasonOf(error)}` };
  }
}

/** Nothing but a pipeline has nodes. */
function kindOf(document: Exported['document']): Kind {
  return 'nodes' in document ? 'pipeline' : 'algorithm';
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Parsers show the place in lines of their own.
  return message.split('\n')[0]?.replace(/:$/, '') ?? '';
}
