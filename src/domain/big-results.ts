/** Results that are too large for the body of a webhook travel as addresses, from which they can be read (contract §5). */
import type { BigData, ResultBody, ResultEntry } from './events';
import { utf8Length, type Json } from './json';
import type { JobSettings } from './settings';

/** What stands in a `dataUrl` where the reference belongs. */
const REF = '{ref}';

/** The largest payload that is given to Temporal, which refuses one over 2 MiB. */
export const MAX_RESULT_BYTES = 1_900_000;

/**
 * The text of the result webhook. Without a `dataUrl` all results are in it.
 *
 * @returns a text that fits into the arguments of its delivery, unless it can not be made so small
 */
export function toWebhookText(
  results: ResultBody,
  { dataUrl, inlineLimit }: Pick<JobSettings, 'dataUrl' | 'inlineLimit'>,
): string {
  if (dataUrl === undefined) return JSON.stringify(results);
  const text = JSON.stringify(toInlineBody(results, inlineLimit, dataUrl));
  // A text full of quotation marks may double within JSON, and never more than that.
  return travelBytes(text) <= MAX_RESULT_BYTES
    ? text
    : JSON.stringify(toInlineBody(results, Math.min(inlineLimit, MAX_RESULT_BYTES / 2), dataUrl));
}

/** The size of a text as an argument: a string within JSON, where each quotation mark is two bytes. */
export function travelBytes(text: string): number {
  return utf8Length(JSON.stringify(text));
}

/** What is not seen in the entries of a body of which some lies in blobs. */
export interface Elsewhere {
  /** By how much the entry is longer than it is here, in bytes. */
  extra(entry: ResultEntry): number;
  /** Its place among all entries of the result, where it is not its place here. */
  place(entry: ResultEntry): number | undefined;
}

const ALL_HERE: Elsewhere = { extra: () => 0, place: () => undefined };

/**
 * The body as it is sent: at most `limit` bytes of it, where that can be had. The largest results give way first; where
 * the entries alone are too long, whole nodes do, those with the longest entries first.
 *
 * @param limit in bytes of UTF-8
 * @param dataUrl where a receiver reads what did not fit: a URL with `{ref}` in place of the reference
 */
export function toInlineBody(body: ResultBody, limit: number, dataUrl: string, elsewhere = ALL_HERE): ResultBody {
  const { data } = body;
  if (data === undefined) return body;
  const sizeOfAll = (entries: readonly ResultEntry[]): number => {
    return entries.reduce((sum, entry) => sum + elsewhere.extra(entry), sizeOf(entries));
  };
  let over = sizeOf({ ...body, data: [] }) - 2 + sizeOfAll(data) - limit;
  if (over <= 0) return body;
  const entries = data.map((entry, index): ResultEntry => {
    const { result, ...rest } = entry;
    if (result === undefined) return entry;
    const ref = `${ENTRY}${String(elsewhere.place(entry) ?? index)}`;
    return { ...rest, info: refer(sizeOf(result) + elsewhere.extra(entry), ref, dataUrl) };
  });
  // What an entry saves by giving way, those that save most first.
  const saved = data.map((entry, index) => sizeOf(entry) + elsewhere.extra(entry) - sizeOf(entries[index]));
  const largest = saved.map((_, index) => index).sort((a, b) => (saved[b] ?? 0) - (saved[a] ?? 0));
  const kept: ResultEntry[] = [...data];
  for (const index of largest) {
    const [entry, bytes = 0] = [entries[index], saved[index]];
    if (over <= 0 || bytes <= 0 || entry === undefined) break;
    kept[index] = entry;
    over -= bytes;
  }
  return { ...body, data: over <= 0 ? kept : foldNodes(kept, data, over, dataUrl, sizeOfAll) };
}

/** Nodes become one entry each until what is `over` has gone, or all have. */
function foldNodes(
  kept: readonly ResultEntry[],
  data: readonly ResultEntry[],
  over: number,
  dataUrl: string,
  sizeOfAll: (entries: readonly ResultEntry[]) => number,
): ResultEntry[] {
  const nodes = groupByNode(data).map((all, index) => {
    const { nodeName, algorithmName, batchID, info } = all[0];
    const short = kept.filter((entry) => entry.nodeName === nodeName);
    // It may have been folded before.
    const folded =
      batchID === undefined && info !== undefined
        ? all[0]
        : foldNode({ nodeName, algorithmName }, index, sizeOfAll(all), dataUrl);
    return { short, folded, saved: sizeOfAll(short) - sizeOf([folded]) };
  });
  const giving = new Set<unknown>();
  for (const node of [...nodes].sort((a, b) => b.saved - a.saved)) {
    if (over <= 0 || node.saved <= 0) break;
    giving.add(node);
    over -= node.saved;
  }
  return nodes.flatMap((node) => (giving.has(node) ? [node.folded] : node.short));
}

/**
 * One entry for all of a node.
 *
 * @param index 0-based, among the nodes that have entries
 * @param size of its entries as a JSON array, in bytes
 */
export function foldNode(
  { nodeName, algorithmName }: Pick<ResultEntry, 'nodeName' | 'algorithmName'>,
  index: number,
  size: number,
  dataUrl: string,
): ResultEntry {
  return { nodeName, algorithmName, info: refer(size, `${NODE}${String(index)}`, dataUrl) };
}

/**
 * Finds what a reference of {@link toInlineBody} stands for.
 *
 * @param body the whole one
 * @returns the value of one result, or the entries of a node; undefined where the job has no such reference
 */
export function findData({ data = [] }: ResultBody, ref: string): Json | readonly ResultEntry[] | undefined {
  const found = parseRef(ref);
  if (found === undefined) return undefined;
  return found.kind === 'entry' ? data[found.index]?.result : groupByNode(data)[found.index];
}

/** @returns undefined for what is no reference; the index is 0-based, among all entries or the nodes that have some */
export function parseRef(ref: string): { readonly kind: 'entry' | 'node'; readonly index: number } | undefined {
  const [, kind, digits] = /^(entry-|node-)(0|[1-9]\d{0,8})$/.exec(ref) ?? [];
  if (kind === undefined) return undefined;
  return { kind: kind === ENTRY ? 'entry' : 'node', index: Number(digits) };
}

const ENTRY = 'entry-';
const NODE = 'node-';

type Group = readonly [ResultEntry, ...ResultEntry[]];

/** The entries of a node stand together (contract §5, «in node order»). */
function groupByNode(data: readonly ResultEntry[]): Group[] {
  const groups = new Map<string, [ResultEntry, ...ResultEntry[]]>();
  for (const entry of data) {
    const group = groups.get(entry.nodeName);
    if (group === undefined) groups.set(entry.nodeName, [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}

function refer(size: number, ref: string, dataUrl: string): BigData {
  return { isBigData: true, size, url: dataUrl.replace(REF, ref) };
}

function sizeOf(value: unknown): number {
  return utf8Length(JSON.stringify(value));
}
