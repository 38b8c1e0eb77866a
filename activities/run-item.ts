/** One item: its algorithm called once, under its ttl, and whatever comes of it as an outcome. */
import { EXPIRED, type ItemFailure } from '../src/domain/block';
import { MAX_ERROR, toText } from '../src/domain/text';
import { isLongText, longTextToJson } from './long-text';
import type { JsonBody } from './outcome-blobs';
import type { AlgorithmArgs, AlgorithmContext, AlgorithmFunction } from './algorithm';

/** @returns what the algorithm returns, or a promise of it; it may throw as well, and {@link toFailure} tells what that means */
export function runItem(
  run: AlgorithmFunction,
  args: AlgorithmArgs,
  context: AlgorithmContext,
  ttlMs: number | undefined,
): unknown {
  return ttlMs === undefined ? run(args, context) : runWithin(run, args, context, ttlMs);
}

/** @param ttlMs how long it may work */
async function runWithin(
  run: AlgorithmFunction,
  args: AlgorithmArgs,
  context: AlgorithmContext,
  ttlMs: number,
): Promise<unknown> {
  const expiry = new AbortController();
  const signal = AbortSignal.any([context.signal, expiry.signal]);
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        expiry.abort(new Error(EXPIRED.error));
        reject(new ExpiredError());
      },
      Math.min(ttlMs, LONGEST_TIMER),
    );
  });
  const running = (async () => await run(args, { ...context, signal }))();
  // What it throws after its end is nobody's concern.
  running.catch(() => undefined);
  try {
    return await Promise.race([running, expired]);
  } finally {
    clearTimeout(timer);
  }
}

class ExpiredError extends Error {}

/** Node's timers overflow beyond it, and would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The algorithm has not failed by an error of its own: what it ran in has died. */
export class CrashError extends Error {
  override readonly name = 'CrashError';
}

/** No other run would end otherwise. */
export class FinalError extends Error {
  override readonly name = 'FinalError';
}

/** What it means for its item that an algorithm has thrown. */
export function toFailure(error: unknown): ItemFailure {
  if (error instanceof ExpiredError) return EXPIRED;
  return {
    error: messageOf(error),
    ...(error instanceof CrashError && { crash: true }),
    ...(error instanceof FinalError && { final: true }),
  };
}

/** As JSON; a long text as its bytes. @throws TypeError as {@link toJson} */
export function toJsonBody(output: unknown): JsonBody {
  return isLongText(output) ? longTextToJson(output) : toJson(output);
}

/** @throws TypeError for a function, a symbol, a BigInt or a circle */
export function toJson(output: unknown): string {
  const text = JSON.stringify(output ?? null) as string | undefined;
  if (text === undefined) throw new TypeError(`the algorithm answered a ${typeof output}, which is not JSON`);
  return text;
}

/** An empty text would not count as an error for a reader, so the error's name stands in. */
export function messageOf(error: unknown): string {
  try {
    return toText(textOf(error) || 'unknown error', MAX_ERROR);
  } catch {
    return 'an error that can not be shown';
  }
}

function textOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return typeof error === 'object' && error !== null ? JSON.stringify(error) : String(error);
}
