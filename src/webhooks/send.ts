/** Makes one attempt at a webhook (contract §7, «Limits»). It never retries: `domain/delivery.ts` decides what follows. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { AttemptOutcome, WebhookRequest } from '../domain/delivery';
import { classify, readResult, Stopped, type Result } from './answer';
import type { Lookup } from './connector';
import type { AllowList } from './guard';
import { post } from './post';
import { signatureHeaders, type Secret } from './sign';

export interface SenderOptions {
  /** Each signs; empty sends unsigned. */
  readonly secrets: readonly Secret[];
  readonly allow: AllowList;
  /** For look-up, TCP and TLS together, within the deadline of the attempt. */
  readonly connectTimeoutMs: number;
  /** PEM texts of authorities that are trusted besides the ones that Node ships. @default none */
  readonly ca?: string | readonly string[];
  /** @default the system's resolver, with all its addresses */
  readonly lookup?: Lookup;
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
export function createSender({ secrets, allow, connectTimeoutMs, ca, lookup }: SenderOptions): Sender {
  const secureContext = createSecureContext(ca === undefined ? {} : { ca: [...rootCertificates, ...checkedPem(ca)] });
  const running = new Map<AbortController, Promise<AttemptOutcome>>();
  let closed = false;

  async function attempt(request: WebhookRequest, signal: AbortSignal): Promise<Result> {
    const body = Buffer.from(request.body);
    const headers = headersOf(request, body, secrets);
    return await post(
      { url: request.url, headers, body, signal },
      { allow, connectTimeoutMs, secureContext, ...(lookup !== undefined && { lookup }) },
      readResult,
    );
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
      const result = await attempt(request, limit.signal).catch((error: unknown): Result => ({
        error: classify(error),
      }));
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
    'x-pipeline-event': request.kind,
    'x-pipeline-sequence': String(request.sequence),
    'x-pipeline-attempt': String(request.attempt),
    ...signatureHeaders({ id: request.webhookId, body, secrets, now: Date.now() }),
  };
}
