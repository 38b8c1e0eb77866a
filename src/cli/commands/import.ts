/** `temporal-pipelines import`: stores what `hkubectl export` has written in a facade that runs. */
import pc from 'picocolors';
import { parseToken, parseUrl } from '../../config-values';
import { ConfigError } from '../../config';
import type { AlgorithmDefinition } from '../../domain/algorithm-definition';
import { completeAlgorithm } from '../../domain/complete-algorithm';
import { PipelineError } from '../../domain/errors';
import { DEFAULT_SETTINGS } from '../../domain/settings';
import { parseDefinition } from '../../domain/validate';
import { algorithm as algorithmSchema } from '../../http/schemas/algorithm';
import { pipeline as pipelineSchema } from '../../http/schemas/pipeline';
import { createValidator, type Validate } from '../../http/validation';
import { say } from '../foreground';
import { FacadeStore, type Refusal } from '../import/facade';
import { KINDS, readExport, type Exported } from '../import/read-export';

/** Texts from the command line. */
export interface ImportFlags {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  /** Replaces what is stored under the same name. */
  readonly overwrite?: boolean | undefined;
  /** Stores nothing. */
  readonly dryRun?: boolean | undefined;
}

/** Where `npm start` listens. */
const DEFAULT_URL = 'http://127.0.0.1:3000';

/**
 * @param env `PUBLIC_URL` and `API_TOKEN`, for what the flags do not say
 * @returns the exit code: 1 where something was refused
 */
export async function importExport(
  folder: string,
  { url, token, overwrite = false, dryRun = false }: ImportFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const store = openFacade(url ?? env['PUBLIC_URL'] ?? '', token ?? env['API_TOKEN'] ?? '');
  const { definitions, unreadable } = await readExport(folder);
  let [taken, refused] = [0, unreadable.length];
  for (const { file, problem } of unreadable) say(`${pc.red('✘')} ${file}: ${problem}`);
  for (const kind of KINDS) {
    const own = definitions.filter((one) => one.kind === kind);
    for await (const [{ document, file }, refusal] of dryRun
      ? rehearse(store, own, overwrite)
      : store.put(own, overwrite)) {
      if (refusal === undefined) taken++;
      else refused++;
      const named = `${kind} ${nameOf(document)}`;
      say(
        refusal === undefined
          ? `${pc.green('✔')} ${named}${dryRun ? ' would be stored' : ''}`
          : `${pc.red('✘')} ${named} (${file}): ${refusal}`,
      );
    }
  }
  say(`${String(taken)} ${dryRun ? 'would be ' : ''}taken, ${String(refused)} refused`);
  return refused === 0 ? 0 : 1;
}

function nameOf({ name }: Exported['document']): string {
  return typeof name === 'string' ? name : '?';
}

function openFacade(url: string, token: string): FacadeStore {
  const problems: string[] = [];
  const read = (name: string, text: string, parse: (text: string) => string): string | undefined => {
    try {
      return text === '' ? undefined : parse(text);
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const store = new FacadeStore(read('--url', url, parseUrl) ?? DEFAULT_URL, read('--token', token, parseToken));
  if (problems.length > 0) throw new ConfigError(problems);
  return store;
}

/** By the rules that need no server, and what is there already. Which algorithms are served only the store can tell. */
async function* rehearse(
  store: FacadeStore,
  definitions: readonly Exported[],
  isReplacing: boolean,
): AsyncGenerator<[Exported, Refusal]> {
  const [first] = definitions;
  if (first === undefined) return;
  const names = await store.names(first.kind);
  for (const one of definitions) {
    const { kind, document } = one;
    const refusal = refusalOf(one);
    const name = nameOf(document);
    const isThere = names.has(name) && !isReplacing;
    names.add(name);
    yield [one, refusal ?? (isThere ? `${kind} ${name} already exists` : undefined)];
  }
}

const checkAlgorithm: Validate<object> = createValidator(algorithmSchema, { coerce: true });
const checkPipeline: Validate<object> = createValidator(pipelineSchema, { coerce: true });

function refusalOf({ kind, document }: Exported): Refusal {
  try {
    const copy = structuredClone(document);
    if (kind === 'algorithm') {
      checkAlgorithm(copy);
      completeAlgorithm(copy as AlgorithmDefinition);
    } else {
      checkPipeline(copy);
      parseDefinition(copy, DEFAULT_SETTINGS);
    }
    return undefined;
  } catch (error) {
    if (error instanceof PipelineError) return error.message;
    throw error;
  }
}
