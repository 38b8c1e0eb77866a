/** Makes one attempt at a webhook (contract §7, «Limits»). It never retries: `domain/delivery.ts` decides what follows. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, rootCertificates } from 'node:tls';
import { Client, type Dispatcher } from 'undici';
import type { AttemptOutcome, WebhookRequest } from '../domain/delivery';
import { classify, readResult, Stopped, type Result } from './answer';
import { createConnector } from './connector';
import { checkUrl, type AllowList } from './guard';
import { signatureHeaders, type Secret } from './sign';

export interface SenderOptions {
  /** Each signs; empty sends unsigned. */
  readonly secrets: readonly Secret[];
  readonly allow: AllowList;
  /** For look-up, TCP and TLS together, within the deadline of the attempt. */
  readonly connectTimeoutMs: number;
  /** PEM texts of authorities that are trusted besides the ones that Node ships. @default none */
  readonly ca?: string | readonly string[];
}

export interface Sender {
  /**
   * Sends once, over a connection of its own, and answers what came of it; it never rejects.
   *
   * @param signal ends the attempt early, as `unknown`
   */
  send(request: WebhookRequest, signal?: AbortSignal): Promise<AttemptOutcome>;
  /** Ends the attempts in flight, and any later one at once, as `unknown`. */
  close(): Promise<void>;
}

const LONGEST_TIMER = 2 ** 31 - 1;

/** @throws Error when `ca` is not PEM; of a text with several certificates only the first is looked at */
export function createSender({ secrets, allow, connectTimeoutMs, ca }: SenderOptions): Sender {
  const secureContext = createSecureContext(ca === undefined ? {} : { ca: [...rootCertificates, ...checkedPem(ca)] });
  const running = new Map<AbortController, Promise<AttemptOutcome>>();
  let closed = false;

  async function attempt(request: WebhookRequest, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    const refusal = checkUrl(request.url, allow);
    if (refusal !== undefined) return refusal;
    const { origin, pathname, search } = new URL(request.url);
    const connect = createConnector({ allow, timeoutMs: connectTimeoutMs, secureContext, signal });
    // The deadline is one for the whole attempt; undici's own timers start anew with every byte.
    const client = new Client(origin, { connect, headersTimeout: 0, bodyTimeout: 0 });
    try {
      const body = Buffer.from(request.body);
      const answer = client.request({
        method: 'POST',
        path: pathname + search,
        headers: headersOf(request, body, secrets),
        body,
        signal,
        reset: true,
      });
      return await readResult(await Promise.race([answer.then(withQuietBody), aborted(signal)]));
    } finally {
      void client.destroy();
    }
  }

  async function timed(request: WebhookRequest, limit: AbortController, signal?: AbortSignal): Promise<AttemptOutcome> {
    const startedAt = new Date().toISOString();
    const start = performance.now();
    const cancel = () => {
      limit.abort(new Stopped('unknown'));
    };
    const expire = () => {
      limit.abort(new Stopped('timeout'));
    };
    const timer = setTimeout(expire, Math.min(request.deadlineMs, LONGEST_TIMER));
    signal?.addEventListener('abort', cancel, { once: true });
    if (closed || signal?.aborted) cancel();
    try {
      const result = await attempt(request, limit.signal).catch(
        // Once the attempt was ended, whatever undici makes of it is an echo of that.
        (error: unknown): Result => ({ error: classify(limit.signal.aborted ? limit.signal.reason : error) }),
      );
      return { startedAt, durationMs: Math.round(performance.now() - start), ...result };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }

  return {
    send(request, signal) {
      const limit = new AbortController();
      const outcome = timed(request, limit, signal).finally(() => running.delete(limit));
      running.set(limit, outcome);
      return outcome;
    },
    async close() {
      closed = true;
      for (const limit of running.keys()) limit.abort(new Stopped('unknown'));
      await Promise.all(running.values());
    },
  };
}

/** Node itself passes over what is no certificate, and every attempt would fail instead of the start. */
function checkedPem(ca: string | readonly string[]): string[] {
  const texts = [ca].flat();
  for (const text of texts) new X509Certificate(text);
  return texts;
}

function headersOf(request: WebhookRequest, body: Buffer, secrets: readonly Secret[]): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'temporal-pipelines',
    'accept-encoding': 'identity',
    'x-pipeline-event': request.kind,
    'x-pipeline-sequence': String(request.sequence),
    'x-pipeline-attempt': String(request.attempt),
    ...signatureHeaders({ id: request.webhookId, body, secrets, now: Date.now() }),
  };
}

/** A body that breaks, even while nobody reads it, says nothing about the delivery. */
function withQuietBody(answer: Dispatcher.ResponseData): Dispatcher.ResponseData {
  answer.body.on('error', () => undefined);
  return answer;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
