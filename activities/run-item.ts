/** One item: its algorithm called once, under its ttl, and whatever comes of it as an outcome. */
import { EXPIRED, type ItemFailure } from '../src/domain/block';
import { MAX_ERROR, toText } from '../src/domain/text';
import type { AlgorithmArgs, AlgorithmContext, AlgorithmFunction } from './algorithm';

/** What an item answered, as JSON, or why it failed. */
export type ItemAnswer = { readonly text: string } | ItemFailure;

/** @param ttlMs how long it may work; undefined for no limit */
export async function runItem(
  run: AlgorithmFunction,
  args: AlgorithmArgs,
  context: AlgorithmContext,
  ttlMs: number | undefined,
): Promise<ItemAnswer> {
  if (ttlMs === undefined) return settle(() => run(args, context));
  const expiry = new AbortController();
  const signal = AbortSignal.any([context.signal, expiry.signal]);
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<ItemAnswer>((resolve) => {
    timer = setTimeout(
      () => {
        expiry.abort(new Error(EXPIRED.error));
        resolve(EXPIRED);
      },
      Math.min(ttlMs, LONGEST_TIMER),
    );
  });
  try {
    return await Promise.race([settle(() => run(args, { ...context, signal })), expired]);
  } finally {
    clearTimeout(timer);
  }
}

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

async function settle(run: () => unknown): Promise<ItemAnswer> {
  try {
    return { text: toJson(await run()) };
  } catch (error) {
    return {
      error: messageOf(error),
      ...(error instanceof CrashError && { crash: true }),
      ...(error instanceof FinalError && { final: true }),
    };
  }
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
