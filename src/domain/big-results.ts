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

/**
 * The body as it is sent: at most `limit` bytes of it, where that can be had. The largest results give way first; where
 * the entries alone are too long, whole nodes do, those with the longest entries first.
 *
 * @param limit in bytes of UTF-8
 * @param dataUrl where a receiver reads what did not fit: a URL with `{ref}` in place of the reference
 */
export function toInlineBody(body: ResultBody, limit: number, dataUrl: string): ResultBody {
  const { data } = body;
  let over = sizeOf(body) - limit;
  if (data === undefined || over <= 0) return body;
  const entries = data.map((entry, index): ResultEntry => {
    const { result, ...rest } = entry;
    if (result === undefined) return entry;
    return { ...rest, info: refer(result, `${ENTRY}${String(index)}`, dataUrl) };
  });
  // What an entry saves by giving way, those that save most first.
  const saved = entries.map((entry, index) => sizeOf(data[index]) - sizeOf(entry));
  const largest = saved.map((_, index) => index).sort((a, b) => (saved[b] ?? 0) - (saved[a] ?? 0));
  const kept: ResultEntry[] = [...data];
  for (const index of largest) {
    const [entry, bytes = 0] = [entries[index], saved[index]];
    if (over <= 0 || bytes <= 0 || entry === undefined) break;
    kept[index] = entry;
    over -= bytes;
  }
  return { ...body, data: over <= 0 ? kept : foldNodes(kept, data, over, dataUrl) };
}

/** Nodes become one entry each until what is `over` has gone, or all have. */
function foldNodes(
  kept: readonly ResultEntry[],
  data: readonly ResultEntry[],
  over: number,
  dataUrl: string,
): ResultEntry[] {
  const nodes = groupByNode(data).map((all, index) => {
    const { nodeName, algorithmName } = all[0];
    const short = kept.filter((entry) => entry.nodeName === nodeName);
    const folded: ResultEntry = { nodeName, algorithmName, info: refer(all, `${NODE}${String(index)}`, dataUrl) };
    return { short, folded, saved: sizeOf(short) - sizeOf([folded]) };
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
 * Finds what a reference of {@link toInlineBody} stands for.
 *
 * @param body the whole one
 * @returns the value of one result, or the entries of a node; undefined where the job has no such reference
 */
export function findData({ data = [] }: ResultBody, ref: string): Json | readonly ResultEntry[] | undefined {
  const [, kind, digits] = /^(entry-|node-)(0|[1-9]\d{0,8})$/.exec(ref) ?? [];
  if (kind === ENTRY) return data[Number(digits)]?.result;
  return kind === NODE ? groupByNode(data)[Number(digits)] : undefined;
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

function refer(value: unknown, ref: string, dataUrl: string): BigData {
  return { isBigData: true, size: sizeOf(value), url: dataUrl.replace(REF, ref) };
}

function sizeOf(value: unknown): number {
  return utf8Length(JSON.stringify(value));
}
