/** Makes the bodies of a result of which some lies in blobs (contract §5). */
import { Context } from '@temporalio/activity';
import { foldNode, MAX_RESULT_BYTES, toInlineBody, travelBytes } from '../src/domain/big-results';
import type { ResultBody, ResultEntry } from '../src/domain/events';
import { dataUrlOf, KEPT_BYTES } from '../src/domain/folded-result';
import { entryHead, type ResultDraft, type ResultPart, type WrittenResult } from '../src/domain/result-parts';
import type { Json } from '../src/domain/json';
import type { BlobStore } from '../src/blobs/blobs';
import { bodyText, entrySize, entryText, readEntries, resultSize, resultText } from '../src/blobs/entries';
import { noBlobs, resultTooLarge } from './failures';

/** Of the webhook's: both are one answer of this activity, and Temporal refuses one over 2 MiB. */
const MAX_TEXT_BYTES = MAX_RESULT_BYTES - KEPT_BYTES;
/** So many entries fit into no body. */
const MAX_ENTRIES = MAX_TEXT_BYTES / 60;
/** A result is at hand where it is no longer than the address that could stand for it. */
const MAX_AT_HAND = 300;

/** Makes the activity; without a store it can read nothing. */
export function createWriteResult(store: BlobStore | undefined): (draft: ResultDraft) => Promise<WrittenResult> {
  return async (draft) => {
    const { head, parts, dataUrl, inlineLimit, isSent } = draft;
    if (store === undefined) throw noBlobs();
    const url = dataUrlOf(draft);
    const survey = await surveyOf(parts, store, url);
    const body = (limit: number): Promise<ResultBody> =>
      bodyOf(head, survey, limit, url, (wanted) => readValues(parts, store, wanted));
    const results = await body(Math.min(KEPT_BYTES, inlineLimit));
    if (!isSent) return { results };
    if (dataUrl === undefined) return { results, text: await wholeText(head, parts, store) };
    const text = JSON.stringify(await body(inlineLimit));
    return {
      results,
      text: travelBytes(text) <= MAX_TEXT_BYTES ? text : JSON.stringify(await body(MAX_TEXT_BYTES / 2)),
    };
  };
}

/** Nobody can be asked for what is not in the webhook. */
async function wholeText(head: ResultDraft['head'], parts: readonly ResultPart[], store: BlobStore): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of bodyText(head, parts, store)) {
    const buffer = Buffer.from(chunk as Buffer);
    chunks.push(buffer);
    bytes += buffer.byteLength;
    if (bytes > MAX_TEXT_BYTES) throw resultTooLarge(bytes, MAX_TEXT_BYTES);
  }
  const text = Buffer.concat(chunks).toString();
  if (travelBytes(text) > MAX_TEXT_BYTES) throw resultTooLarge(bytes, MAX_TEXT_BYTES);
  return text;
}

/** All entries by their sizes; those of a node that are too many for any body are one already. */
interface Survey {
  readonly data: readonly ResultEntry[];
  /** Of those whose result stands here as null: its size in bytes. */
  readonly sizes: ReadonlyMap<ResultEntry, number>;
  /** Among all entries of the result. */
  readonly places: ReadonlyMap<ResultEntry, number>;
}

async function surveyOf(parts: readonly ResultPart[], store: BlobStore, url: string): Promise<Survey> {
  const data: ResultEntry[] = [];
  const sizes = new Map<ResultEntry, number>();
  const places = new Map<ResultEntry, number>();
  let [place, nodes] = [0, 0];
  for (const part of parts) {
    const own: ResultEntry[] = [];
    let [count, bytes] = [0, '[]'.length];
    for await (const entries of readEntries(part, store)) {
      Context.current().heartbeat();
      for (const entry of entries) {
        bytes += entrySize(entry) + (count > 0 ? 1 : 0);
        count++;
        if (data.length + own.length >= MAX_ENTRIES) continue;
        const size = resultSize(entry) ?? 0;
        const text = size <= MAX_AT_HAND ? entryText(entry) : undefined;
        const shown: ResultEntry =
          text === undefined ? { ...entryHead(part, entry.index), result: null } : (JSON.parse(text) as ResultEntry);
        if (text === undefined) sizes.set(shown, size);
        places.set(shown, place + count - 1);
        own.push(shown);
      }
    }
    if (count === 0) continue;
    data.push(...(own.length === count ? own : [foldNode(part, nodes, bytes, url)]));
    place += count;
    nodes++;
  }
  return { data, sizes, places };
}

/** The body within a limit, in bytes: what stays in it is read now. */
async function bodyOf(
  { jobId, timestamp, pipeline, status, ...rest }: ResultDraft['head'],
  { data, sizes, places }: Survey,
  limit: number,
  url: string,
  read: (places: ReadonlySet<number>) => Promise<ReadonlyMap<number, Json>>,
): Promise<ResultBody> {
  const body = { jobId, timestamp, pipeline, status, data, ...rest };
  const short = toInlineBody(body, limit, url, {
    extra: (entry) => Math.max(0, (sizes.get(entry) ?? 0) - 'null'.length),
    place: (entry) => places.get(entry),
  });
  const kept = (short.data ?? []).filter((entry) => sizes.has(entry));
  const values = await read(new Set(kept.map((entry) => places.get(entry) ?? 0)));
  const filled = short.data?.map((entry) => {
    const value = sizes.has(entry) ? values.get(places.get(entry) ?? 0) : undefined;
    return value === undefined ? entry : { ...entry, result: value };
  });
  return { ...short, data: filled ?? [] };
}

/** @param wanted places among all entries */
async function readValues(
  parts: readonly ResultPart[],
  store: BlobStore,
  wanted: ReadonlySet<number>,
): Promise<Map<number, Json>> {
  const values = new Map<number, Json>();
  let place = 0;
  for (const part of parts) {
    if (values.size === wanted.size) break;
    for await (const entries of readEntries(part, store)) {
      Context.current().heartbeat();
      for (const entry of entries) {
        if (wanted.has(place)) values.set(place, JSON.parse(await textOf(resultText(entry, store))) as Json);
        place++;
      }
    }
  }
  return values;
}

async function textOf(chunks: AsyncIterable<string | Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(all).toString();
}
