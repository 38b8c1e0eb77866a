/** Which endpoint a webhook's URL belongs to, and where a sender finds it. */
import type { Endpoint } from '../domain/endpoint';
import { createKept, type KeptOptions } from '../kept';
import type { AllowList } from './guard';
import { checkEndpoint } from './endpoint-rules';

/** Where a sender looks its endpoints up. */
export interface EndpointSource {
  /**
   * @param url of a webhook
   * @throws Error where nobody can tell: nothing is sent then, and the attempt is made again later
   */
  find(url: string): Promise<Endpoint | undefined>;
}

/**
 * The endpoint with the longest prefix: of the same scheme, host and port, and with a path that is the webhook's or is
 * followed in it by a `/`; so `/a` is for `/a`, `/a/` and `/a/b`, not for `/ab`. Paths are compared as WHATWG URLs write
 * them, with `..` resolved and letters as they are. Of two with the same prefix the first in the list counts.
 */
export function matchEndpoint<T extends Pick<Endpoint, 'url'>>(url: string, endpoints: readonly T[]): T | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  let best: { endpoint: T; length: number } | undefined;
  for (const endpoint of endpoints) {
    const prefix = new URL(endpoint.url);
    const path = prefix.pathname.replace(/\/+$/, '');
    const isIn = prefix.origin === origin && (pathname === path || pathname.startsWith(`${path}/`));
    if (isIn && path.length > (best?.length ?? -1)) best = { endpoint, length: path.length };
  }
  return best?.endpoint;
}

/**
 * @param given endpoints that never change, or where they are
 * @throws PipelineError `InvalidPipeline` where one of a list breaks a rule
 */
export function toSource(given: readonly Endpoint[] | EndpointSource, allow: AllowList): EndpointSource {
  if (!isList(given)) return given;
  const checked = given.map((endpoint) => checkEndpoint(endpoint, allow));
  return { find: (url) => Promise.resolve(matchEndpoint(url, checked)) };
}

function isList(given: readonly Endpoint[] | EndpointSource): given is readonly Endpoint[] {
  return Array.isArray(given);
}

export interface CacheOptions<T> extends Pick<KeptOptions, 'now'> {
  readonly load: () => Promise<readonly T[]>;
  /** Decrypts the one that is used. */
  readonly open: (stored: T) => Endpoint;
  /** How long what was loaded is used. @default 5000 */
  readonly ttlMs?: number;
}

/** Endpoints that are kept elsewhere. Those who ask at the same time wait for one loading. */
export function cachedEndpoints<T extends Pick<Endpoint, 'url'>>(options: CacheOptions<T>): EndpointSource {
  const { load, open, ttlMs = 5_000, now } = options;
  const loaded = createKept(load, { forMs: ttlMs, ...(now && { now }) });
  return {
    async find(url) {
      const found = matchEndpoint(url, await loaded());
      return found && open(found);
    },
  };
}
