/** What an item is given, where some of it lies in blobs. */
import { LRUCache } from 'lru-cache';
import type { BlobRef } from '../src/domain/blob';
import type { BlockForm, ItemOutcome } from '../src/domain/block';
import { fromRuns } from '../src/domain/index-runs';
import { getPath, type Json } from '../src/domain/json';
import type { Part } from '../src/domain/stored';
import { BlobError, readBlob, type BlobStore } from '../src/blobs/blobs';
import { readLines } from '../src/blobs/entries';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from './contract';
import { inputTooLarge, inputUnread, noBlobs } from './failures';

/** Of blobs that were read, in bytes of JSON: the blocks of a node read the same ones again and again. */
const KEPT_BYTES = 64_000_000;

export type ReadInput = (input: BlockForm) => Promise<BlockForm>;

/** @returns reads a form: what comes out holds no reference, and is at most as large as what it refers to */
export function createReadInput(store: BlobStore | undefined): ReadInput {
  const kept = new LRUCache<string, Promise<Json>>({ max: 10_000, maxSize: KEPT_BYTES });

  /** The value of a blob, or of its lines as an array, null where there is an error. */
  const read = (blob: BlobRef, as: 'value' | 'lines'): Promise<Json> => {
    const key = JSON.stringify([as, blob.store, blob.key]);
    const found = kept.get(key);
    if (found !== undefined) return found;
    if (store === undefined) throw noBlobs();
    const value = as === 'value' ? readValue(store, blob) : readOutcomes(store, blob);
    // One that is larger than all that is kept is not kept.
    kept.set(key, value, { size: Math.max(1, blob.size) });
    value.catch(() => kept.delete(key));
    return value;
  };

  const readOutcomes = async (from: BlobStore, blob: BlobRef): Promise<Json> => {
    const lines = await readLines(from, blob);
    return await Promise.all(lines.map((line) => ofLine(JSON.parse(line) as ItemOutcome)));
  };

  const ofLine = async (outcome: ItemOutcome): Promise<Json> => {
    if ('blob' in outcome) return await read(outcome.blob, 'value');
    return 'result' in outcome ? outcome.result : null;
  };

  const readPart = async (part: Part, path: readonly string[]): Promise<readonly Json[]> => {
    if ('values' in part) return part.values;
    if (!('lines' in part)) return [getPath(await read(part.blob, 'value'), path) ?? null];
    const lines = (await read(part.blob, 'lines')) as readonly Json[];
    return fromRuns(part.lines).map((line) => getPath(lines[line] ?? null, path) ?? null);
  };

  const readParts = async (parts: readonly Part[], path: readonly string[]): Promise<Json[]> => {
    const all: Json[] = [];
    // One after the other, so that no more than one is held twice.
    for (const part of parts) for (const value of await readPart(part, path)) all.push(value);
    return all;
  };

  const readForm: ReadInput = async (form) => {
    switch (form.kind) {
      case 'stored': {
        const { blob, line, path } = form;
        const part = line === undefined ? { blob } : { blob, lines: [[line, 1] as const] };
        return { kind: 'value', value: (await readPart(part, path))[0] ?? null };
      }
      case 'storedList':
        return { kind: 'value', value: await readParts(form.parts, form.path) };
      case 'storedEach':
        return { kind: 'each', values: await readParts(form.parts, form.path) };
      case 'array':
        return { kind: 'array', items: await Promise.all(form.items.map(readForm)) };
      case 'object':
        return {
          kind: 'object',
          entries: await Promise.all(form.entries.map(async ([key, entry]) => [key, await readForm(entry)] as const)),
        };
      default:
        return form;
    }
  };
  return readForm;
}

/** Makes the activity `readInput`, which answers through the history. */
export function createReadInputActivity(readInput: ReadInput): Activities['readInput'] {
  return async (form) => {
    const whole = await readInput(form).catch((error: unknown) => {
      throw toUnread(error);
    });
    const bytes = Buffer.byteLength(JSON.stringify(whole));
    if (bytes > MAX_INPUT_BYTES) throw inputTooLarge(bytes, MAX_INPUT_BYTES);
    return whole;
  };
}

/** What fits into the arguments of an activity, with what stands beside it. */
const MAX_INPUT_BYTES = 1_900_000;

/** A store that is away, and a worker that was configured otherwise, are no reason to give a value up. */
export function toUnread(error: unknown): ApplicationFailure {
  const isPassing = error instanceof BlobError ? error.code !== 'BlobNotFound' : error instanceof ApplicationFailure;
  return inputUnread(error instanceof Error ? error.message : String(error), !isPassing);
}

async function readValue(store: BlobStore, blob: BlobRef): Promise<Json> {
  return JSON.parse((await readBlob(store, blob)).toString()) as Json;
}
