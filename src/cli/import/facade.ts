/** The store of a facade that runs, as `import` uses it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../domain/json';
import type { Exported, Kind } from './read-export';

/** Why one was not stored; undefined where it was. */
export type Refusal = string | undefined;

/** What one request takes: the facade reads bodies of 4 MB, and 1,000 entries. */
const MAX_ENTRIES = 100;
const MAX_BYTES = 2_000_000;
const ANSWER_WITHIN_MS = 60_000;
/** Where too many requests are answered without a time to wait. */
const WAIT_MS = 1_000;

export class FacadeStore {
  /**
   * @param url of the facade, without a trailing slash
   * @param token `API_TOKEN`, where it asks for one
   */
  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
  ) {}

  /** The names of what is stored. */
  async names(kind: Kind): Promise<Set<string>> {
    const stored = (await this.ask('GET', `/store/${kind}s`)) as readonly { readonly name: string }[];
    return new Set(stored.map(({ name }) => name));
  }

  /**
   * Stores definitions of one kind.
   *
   * @param isReplacing whether one of the name that is there gives way
   * @returns what was answered for each
   */
  async *put(definitions: readonly Exported[], isReplacing: boolean): AsyncGenerator<[Exported, Refusal]> {
    for (const batch of batchesOf(definitions)) {
      const [{ kind }] = batch;
      const answers = (await this.ask(
        'POST',
        `/store/${kind}s?overwrite=${String(isReplacing)}`,
        batch.map(({ document }) => document),
      )) as readonly { readonly error?: { readonly message: string } }[];
      for (const [index, one] of batch.entries()) yield [one, answers[index]?.error?.message];
    }
  }

  private async ask(method: string, path: string, body?: unknown): Promise<Json> {
    const url = `${this.url}/api/v1${path}`;
    for (;;) {
      const answer = await fetch(url, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      }).catch((error: unknown) => {
        throw new Error(`${this.url} does not answer`, { cause: error });
      });
      const text = await answer.text();
      if (answer.ok) return parse(text, url);
      if (answer.status !== 429) throw new Error(`${url} answers ${String(answer.status)}: ${messageOf(text)}`);
      await sleep((Number(answer.headers.get('retry-after')) || WAIT_MS / 1_000) * 1_000);
    }
  }
}

type Batch = readonly [Exported, ...Exported[]];

function batchesOf(definitions: readonly Exported[]): Batch[] {
  const batches: [Exported, ...Exported[]][] = [];
  let bytes = 0;
  for (const one of definitions) {
    const size = Buffer.byteLength(JSON.stringify(one.document));
    const last = batches.at(-1);
    if (last === undefined || last.length >= MAX_ENTRIES || bytes + size > MAX_BYTES) {
      batches.push([one]);
      bytes = size;
    } else {
      last.push(one);
      bytes += size;
    }
  }
  return batches;
}

function parse(text: string, url: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new Error(`${url} answers what is no JSON: is it a facade?`, { cause: error });
  }
}

function messageOf(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: string } };
    return error?.message ?? text;
  } catch {
    return text.slice(0, 200);
  }
}
