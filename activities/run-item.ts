/** One item: its algorithm called once, under its ttl, and whatever comes of it as an outcome. */
import type { ItemOutcome } from '../src/domain/block';
import type { Json } from '../src/domain/json';
import type { AlgorithmArgs, AlgorithmContext, AlgorithmFunction } from './algorithm';

/** The largest output of one item: Temporal refuses a payload over 2 MiB. */
const MAX_OUTPUT_BYTES = 1_900_000;

/** @param ttlMs how long it may work; undefined for no limit */
export async function runItem(
  run: AlgorithmFunction,
  args: AlgorithmArgs,
  context: AlgorithmContext,
  ttlMs: number | undefined,
): Promise<ItemOutcome> {
  if (ttlMs === undefined) return settle(() => run(args, context));
  const expiry = new AbortController();
  const signal = AbortSignal.any([context.signal, expiry.signal]);
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<ItemOutcome>((resolve) => {
    timer = setTimeout(() => {
      expiry.abort(new Error(EXPIRED.error));
      resolve(EXPIRED);
    }, ttlMs);
  });
  try {
    return await Promise.race([settle(() => run(args, { ...context, signal })), expired]);
  } finally {
    clearTimeout(timer);
  }
}

const EXPIRED = { error: 'Algorithm TTL expired', final: true } as const;

async function settle(run: () => unknown): Promise<ItemOutcome> {
  try {
    return toOutcome(await run());
  } catch (error) {
    return { error: messageOf(error) };
  }
}

function toOutcome(output: unknown): ItemOutcome {
  const text = JSON.stringify(output ?? null) as string | undefined;
  if (text === undefined) return { error: `the algorithm answered a ${typeof output}, which is not JSON`, final: true };
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_OUTPUT_BYTES) {
    const limit = String(MAX_OUTPUT_BYTES);
    return { error: `the algorithm's output of ${String(bytes)} bytes is larger than ${limit}`, final: true };
  }
  return { result: JSON.parse(text) as Json };
}

/** An empty text would not count as an error for a reader, so the error's name stands in. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error) || 'unknown error';
  return error.message || error.name;
}
