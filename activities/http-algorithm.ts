/** An algorithm that is an HTTP endpoint: it is POSTed an item's arguments, and answers the result (contract §10). */
import { createHash } from 'node:crypto';
import { MAX_OUTPUT_BYTES, type BlockInput } from '../src/domain/block';
import { ConnectError } from '../src/webhooks/connector';
import { post, type Answer, type PostOptions } from '../src/webhooks/post';
import type { AlgorithmArgs, AlgorithmFunction } from './algorithm';
import { CrashError, FinalError } from './run-item';

export type HttpEndpoint = NonNullable<BlockInput['http']>;

/** The most that is read of an answer that tells an error. */
const MAX_ERROR_BYTES = 64 * 1_024;
/** Node's timers overflow beyond it, and would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * What the endpoint answers is the item's outcome: 200 its result, any other status its error. Where it has not answered
 * at all, the item has crashed, which policy OnCrash retries. A blocked address is final.
 */
export function createHttpAlgorithm(options: PostOptions): (endpoint: HttpEndpoint) => AlgorithmFunction {
  return ({ url, timeoutMs }) =>
    async (args, context) => {
      const limit = AbortSignal.timeout(Math.min(timeoutMs, LONGEST_TIMER));
      const signal = AbortSignal.any([context.signal, limit]);
      const body = Buffer.from(JSON.stringify(args));
      try {
        return await post({ url, headers: headersOf(args), body, signal }, options, readAnswer);
      } catch (error) {
        if (error instanceof AnswerError || error instanceof FinalError) throw error;
        if (limit.aborted) throw new CrashError(`no answer within ${String(timeoutMs / 1_000)} s`);
        if (context.signal.aborted) throw error;
        throw noAnswer(error);
      }
    };
}

/** The endpoint has answered, but no result. */
class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/** Messages of sockets stay behind: they may name addresses. */
function noAnswer(error: unknown): Error {
  if (!(error instanceof ConnectError)) return new CrashError('the connection broke before the answer was complete');
  const { failure } = error;
  if (failure === 'blocked address' || failure === 'refused url') return new FinalError(failure);
  return new CrashError(`no connection: ${failure}`);
}

/** The key is the same for every run of an item, so that an endpoint can tell a repetition. */
function headersOf({ jobId, taskId }: AlgorithmArgs): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    'idempotency-key': createHash('sha256').update(`${jobId}\n${taskId}`).digest('hex'),
  };
}

async function readAnswer({ statusCode, body }: Answer): Promise<unknown> {
  if (statusCode === 200) {
    const text = await readUpTo(body, MAX_OUTPUT_BYTES);
    if (text === undefined) throw new FinalError(`the answer is larger than ${String(MAX_OUTPUT_BYTES)} bytes`);
    const result = tryJson(text);
    if (result === undefined) throw new AnswerError('the answer is not JSON');
    return result;
  }
  // What an endpoint says of its failure is welcome, not needed: a body that breaks leaves the status.
  const text = await readUpTo(body, MAX_ERROR_BYTES).catch(() => undefined);
  const redirect = statusCode >= 300 && statusCode < 400 ? ', and redirects are not followed' : '';
  throw new AnswerError(messageIn(tryJson(text ?? '')) ?? `HTTP ${String(statusCode)}${redirect}`);
}

/** @returns undefined where there is more */
async function readUpTo(body: Answer['body'], maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) return undefined;
  }
  return Buffer.concat(chunks).toString();
}

/** @returns undefined where it is none, which JSON can not say */
function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `{ error: { message } }`, as our own API answers it. */
function messageIn(answer: unknown): string | undefined {
  const { error } = (answer ?? {}) as { error?: unknown };
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' && message !== '' ? message : undefined;
}
