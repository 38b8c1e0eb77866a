/** Makes one attempt at a webhook (contract §7, «Limits»). It never retries: `domain/delivery.ts` decides what follows. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptOutcome, WebhookRequest } from '../domain/delivery';
import type { Endpoint } from '../domain/endpoint';
import type { Limited } from '../domain/limited';
import { classify, readResult, Stopped, type Result } from './answer';
import { TrustStore } from './certificates';
import type { Lookup } from './lookups';
import type { EndpointSource } from './endpoints';
import { hiddenTexts } from './hidden';
import { checkUrl, type AllowList } from './guard';
import { Limiter, PATIENCE_MS } from './limiter';
import { post } from './post';
import { parseSecret, signatureHeaders, type Secret } from './sign';
import { traceHeaders } from './trace-context';

export interface SenderOptions {
  /** Each signs; empty sends unsigned. An endpoint may have its own. */
  readonly secrets: readonly Secret[];
  readonly allow: AllowList;
  /** For look-up, TCP and TLS together, within the deadline of the attempt. */
  readonly connectTimeoutMs: number;
  /** PEM texts of authorities that are trusted besides the ones that Node ships. @default none */
  readonly ca?: string | readonly string[];
  /** @default the system's resolver, with all its addresses */
  readonly lookup?: Lookup;
  /** What is set for single receivers. @default nothing */
  readonly endpoints?: EndpointSource;
  /** Requests at a time for each host and port. @default 8 */
  readonly hostConcurrency?: number;
}

export interface Sender {
  /**
   * Sends once, over a connection of its own, and answers what came of it; it never rejects. Where there is no place for it
   * within {@link LONGEST_WAIT_MS}, it answers when to ask again; the deadline begins behind that wait.
   *
   * @param signal ends the attempt early, as `unknown`
   */
  send(request: WebhookRequest, signal?: AbortSignal): Promise<AttemptOutcome | Limited>;
  /** Ends the attempts in flight, and any later one at once, as `unknown`. */
  close(): Promise<void>;
}

const DEFAULT_HOST_CONCURRENCY = 8;
const LONGEST_TIMER = 2 ** 31 - 1;
/** How long the settings of an endpoint are waited for. */
const LOOK_UP_MS = 2_000;
/** What passes at the most between a request and the beginning of its attempt. */
export const LONGEST_WAIT_MS = LOOK_UP_MS + PATIENCE_MS;

/** @throws Error where `ca` is not PEM */
export function createSender(options: SenderOptions): Sender {
  const { secrets, allow, connectTimeoutMs, ca = [], lookup, endpoints, hostConcurrency } = options;
  const trust = new TrustStore([ca].flat());
  const limiter = new Limiter(hostConcurrency ?? DEFAULT_HOST_CONCURRENCY);
  const running = new Map<AbortController, Promise<unknown>>();
  let closed = false;

  async function attempt(
    request: WebhookRequest,
    endpoint: Endpoint | undefined,
    signal: AbortSignal,
  ): Promise<Result> {
    const body = Buffer.from(request.body);
    const headers = { ...headersOf(request, body, secrets, endpoint), ...(await traceHeaders()) };
    const secureContext = trust.for(endpoint);
    const hidden = endpoint === undefined ? [] : hiddenTexts(endpoint);
    return await post(
      { url: request.url, headers, body, signal },
      { allow, connectTimeoutMs, secureContext, ...(lookup !== undefined && { lookup }) },
      (answer) => readResult(answer, hidden),
    );
  }

  async function timed(
    request: WebhookRequest,
    endpoint: Endpoint | undefined,
    limit: AbortController,
  ): Promise<AttemptOutcome> {
    const startedAt = new Date().toISOString();
    const start = performance.now();
    const expire = () => {
      limit.abort(new Stopped('timeout'));
    };
    const timer = setTimeout(expire, Math.min(request.deadlineMs, LONGEST_TIMER));
    try {
      const result = await attempt(request, endpoint, limit.signal).catch((error: unknown): Result => ({
        error: classify(error),
      }));
      return { startedAt, durationMs: Math.round(performance.now() - start), ...result };
    } finally {
      clearTimeout(timer);
    }
  }

  /** The settings first, since a rate may be among them; the deadline begins once there is a place. */
  async function admitted(request: WebhookRequest, limit: AbortController): Promise<AttemptOutcome | Limited> {
    // What is refused without a request needs neither.
    if (limit.signal.aborted || checkUrl(request.url, allow) !== undefined) return timed(request, undefined, limit);
    const startedAt = new Date().toISOString();
    let endpoint: Endpoint | undefined;
    try {
      endpoint = await within(LOOK_UP_MS, endpoints?.find(request.url));
    } catch {
      // Rather than unsigned, or without what the receiver knows us by.
      return { startedAt, durationMs: 0, error: 'endpoint' };
    }
    const place = await limiter.enter({ url: request.url, kind: request.kind, isRetry: request.attempt > 1, endpoint });
    if (typeof place === 'number') return { startedAt, durationMs: 0, error: 'unknown', limitedMs: place };
    const outcome = await timed(request, endpoint, limit);
    place.leave(outcome.error ?? 'none');
    return outcome;
  }

  return {
    send(request, signal) {
      const limit = new AbortController();
      const cancel = () => {
        limit.abort(new Stopped('unknown'));
      };
      signal?.addEventListener('abort', cancel, { once: true });
      if (closed || signal?.aborted) cancel();
      const outcome = admitted(request, limit).finally(() => {
        running.delete(limit);
        signal?.removeEventListener('abort', cancel);
      });
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

/** @throws Error where it takes longer; what comes of it then is nobody's concern */
async function within<T>(ms: number, asked: Promise<T> | undefined): Promise<T | undefined> {
  if (asked === undefined) return undefined;
  const late = new AbortController();
  const timeout = sleep(ms, undefined, { signal: late.signal }).then(() => {
    throw new Error('it took too long');
  });
  timeout.catch(() => undefined);
  try {
    return await Promise.race([asked, timeout]);
  } finally {
    late.abort();
  }
}

function headersOf(
  request: WebhookRequest,
  body: Buffer,
  secrets: readonly Secret[],
  endpoint: Endpoint | undefined,
): Record<string, string> {
  const own = endpoint?.secrets?.map(parseSecret).filter((secret) => secret !== undefined) ?? [];
  return {
    ...endpoint?.headers,
    'content-type': 'application/json',
    'x-pipeline-event': request.kind,
    'x-pipeline-sequence': String(request.sequence),
    'x-pipeline-attempt': String(request.attempt),
    ...signatureHeaders({
      id: request.webhookId,
      body,
      secrets: own.length > 0 ? own : secrets,
      now: Date.now(),
    }),
  };
}
