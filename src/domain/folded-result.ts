/**
 * The bodies of a result that has too many small entries for any body: its nodes become an entry each, and nothing of
 * their outcomes needs to be read for it (contract §5).
 */
import { foldNode, MAX_RESULT_BYTES, travelBytes } from './big-results';
import type { ResultBody, ResultEntry } from './events';
import { utf8Length } from './json';
import { entriesOf, entryHead, isInline, type ResultDraft, type ResultPart, type WrittenResult } from './result-parts';

/** Of the body that a job keeps of a result whose rest lies in blobs: there the whole is read from its parts. */
export const KEPT_BYTES = 200_000;
/** An output of so many bytes is no longer than the reference that could stand for it. */
const MAX_SMALL = 40;
/** Of a node that is listed beside those that are folded. */
const MAX_LISTED_BYTES = 10_000;

/** The address of a value that did not fit into a body, with `{ref}` in it. */
export function dataUrlOf({ head, dataUrl }: ResultDraft): string {
  return dataUrl ?? `/api/v1/exec/results/${encodeURIComponent(head.jobId)}/data/{ref}`;
}

/** @returns undefined where outcomes must be read to make the bodies */
export function foldResult(draft: ResultDraft): WrittenResult | undefined {
  const { head, parts, dataUrl, inlineLimit, isSent } = draft;
  if (isSent && dataUrl === undefined) return undefined;
  const url = dataUrlOf(draft);
  const limits = [Math.min(KEPT_BYTES, inlineLimit), ...(isSent ? [inlineLimit] : [])];
  const data: ResultEntry[] = [];
  let nodes = 0;
  for (const part of parts) {
    if (part.runs.length === 0) continue;
    const size = sizeOfEntries(part);
    if (size === undefined) return undefined;
    if (size.largest <= MAX_SMALL && size.bytes > Math.max(...limits))
      data.push(foldNode(part, nodes, size.bytes, url));
    else if (isInline([part]) && size.bytes <= MAX_LISTED_BYTES) data.push(...entriesOf(part));
    else return undefined;
    nodes++;
  }
  const { jobId, timestamp, pipeline, status, ...rest } = head;
  const results: ResultBody = { jobId, timestamp, pipeline, status, data, ...rest };
  const text = JSON.stringify(results);
  const fits = utf8Length(text) <= Math.min(...limits) && travelBytes(text) <= MAX_RESULT_BYTES - KEPT_BYTES;
  if (!fits) return undefined;
  return { results, ...(isSent && { text }) };
}

/**
 * The entries of a node as a JSON array, and its largest result, in bytes.
 *
 * @returns undefined where the outcomes must be read to tell
 */
function sizeOfEntries(part: ResultPart): { readonly bytes: number; readonly largest: number } | undefined {
  const told = new Map<string, number>();
  let [bytes, largest] = ['[]'.length - 1, 0];
  for (const run of part.runs) {
    if ('outcomes' in run) {
      if (!isInline([{ ...part, runs: [run] }])) return undefined;
      for (const entry of entriesOf({ ...part, runs: [run] })) {
        bytes += utf8Length(JSON.stringify(entry)) + 1;
        if (entry.result !== undefined) largest = Math.max(largest, utf8Length(JSON.stringify(entry.result)));
      }
      continue;
    }
    const { first, count, blob, whole } = run;
    if (whole === undefined) return undefined;
    const counted = (told.get(blob.key) ?? 0) + count;
    told.set(blob.key, counted);
    largest = Math.max(largest, whole.largest);
    bytes += headBytes(part, first, count) + count;
    // Each line is the tail of an entry: its brace stands for the comma before it, its line feed is none of it.
    if (counted === whole.lines) bytes += blob.size - whole.lines;
  }
  const isWhole = part.runs.every((run) => 'outcomes' in run || told.get(run.blob.key) === run.whole?.lines);
  return isWhole ? { bytes, largest } : undefined;
}

/** The heads of the entries of consecutive tasks, each without its closing brace. */
function headBytes(part: ResultPart, first: number, count: number): number {
  const fixed = utf8Length(JSON.stringify(entryHead(part, 0))) - 1;
  if (!part.isBatch) return fixed * count;
  let digits = 0;
  for (let [from, width] = [1, 1]; from <= first + count; from *= 10, width++) {
    const inRange = Math.min(first + count, from * 10 - 1) - Math.max(first + 1, from) + 1;
    digits += Math.max(0, inRange) * width;
  }
  return (fixed - 1) * count + digits;
}
