/** For receivers: checks that a webhook was signed with a shared secret, by Standard Webhooks v1 (contract §7). */
import { timingSafeEqual } from 'node:crypto';
import { digest, parseSecret, SECRET_RULE } from './sign';

/** Why a request is not trusted. `too old` and `too new` speak of its timestamp. */
export type WebhookVerificationCode =
  'missing header' | 'bad timestamp' | 'too old' | 'too new' | 'no matching signature';

/** The request is not to be trusted: answer 400 or 401 and do nothing else with it. */
export class WebhookVerificationError extends Error {
  /** Tells it from other errors where `instanceof` can't. */
  override readonly name = 'WebhookVerificationError';

  constructor(
    /** What is wrong with the request; a receiver should not tell it to the sender. */
    readonly code: WebhookVerificationCode,
    message: string = code,
  ) {
    super(message);
  }
}

/** `IncomingHttpHeaders` of Node, `Headers` of fetch, or any record of header names, in any case. */
export type WebhookHeaders =
  | {
      /** The value of a header, or null. */
      get(name: string): string | null;
    }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** How strict {@link verify} is about time. */
export interface VerifyOptions {
  /** How far the timestamp may be from now, in seconds, either way. @default 300 */
  readonly toleranceSeconds?: number;
  /** Epoch milliseconds. @default Date.now() */
  readonly now?: number;
}

/**
 * Checks one webhook and answers its payload.
 *
 * Deliveries are at least once: drop a `webhook-id` that was handled before.
 *
 * @param body the raw body, before any JSON parser touched it: the signature is over its bytes
 * @param secret `whsec_…`, or several while one is being rotated; any of them may match
 * @returns the parsed JSON; its shape is told by the header `x-pipeline-event`
 * @throws {@link WebhookVerificationError} when the request is not authentic or not fresh
 * @throws SyntaxError when an authentic body is not JSON
 * @throws Error when `secret` itself is malformed or the list is empty
 */
export function verify(
  body: string | Buffer,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { toleranceSeconds = 300, now = Date.now() }: VerifyOptions = {},
): unknown {
  const secrets = parseOwnSecrets([secret].flat());
  const id = required(headers, 'webhook-id');
  const timestamp = required(headers, 'webhook-timestamp');
  const signatures = required(headers, 'webhook-signature');
  checkTimestamp(timestamp, toleranceSeconds, now);

  const expected = secrets.map((key) => digest(key, id, timestamp, body));
  const given = signatures.split(' ').filter((part) => part.startsWith('v1,'));
  const matches = given.some((part) => {
    const signature = Buffer.from(part.slice('v1,'.length), 'base64');
    return expected.some((one) => one.length === signature.length && timingSafeEqual(one, signature));
  });
  if (!matches) throw new WebhookVerificationError('no matching signature');
  return JSON.parse(body.toString()) as unknown;
}

/** @param texts what a receiver has configured, which may be nothing */
function parseOwnSecrets(texts: readonly unknown[]) {
  // With no key nothing could match, and a receiver should learn why rather than see forged requests everywhere.
  if (texts.length === 0) throw new Error('verify needs at least one secret');
  return texts.map((text) => {
    const secret = typeof text === 'string' ? parseSecret(text) : undefined;
    if (secret === undefined) throw new Error(`a webhook secret ${SECRET_RULE}`);
    return secret;
  });
}

function checkTimestamp(timestamp: string, toleranceSeconds: number, now: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError('bad timestamp');
  const age = Math.floor(now / 1_000) - Number(timestamp);
  if (age > toleranceSeconds) throw new WebhookVerificationError('too old');
  if (age < -toleranceSeconds) throw new WebhookVerificationError('too new');
}

function required(headers: WebhookHeaders, name: string): string {
  const value = isFetchHeaders(headers) ? headers.get(name) : fromRecord(headers, name);
  if (value === null || value === '') throw new WebhookVerificationError('missing header', `missing header: ${name}`);
  return value;
}

function isFetchHeaders(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function';
}

/** Node lower-cases names; gateways that hand over a plain record often do not. */
function fromRecord(headers: Readonly<Record<string, string | readonly string[] | undefined>>, name: string) {
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return typeof value === 'string' ? value : (value?.join(' ') ?? null);
}
