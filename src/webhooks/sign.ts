/** Signs webhooks by Standard Webhooks v1 (contract §7: `webhook-id`, `webhook-timestamp`, `webhook-signature`). */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** A signing key. A KeyObject rather than bytes: a log or a JSON text of it shows nothing. */
export type Secret = KeyObject;

const PREFIX = 'whsec_';
const MIN_BYTES = 24;
const MAX_BYTES = 64;
export const SECRET_RULE = `must be ${PREFIX} followed by the base64 of ${MIN_BYTES} to ${MAX_BYTES} bytes`;

/**
 * Reads the comma-separated `whsec_…` list of `WEBHOOK_SECRETS` (contract §9). Blank text means no secrets.
 *
 * @throws Error with the number of the bad entry, counted from 1, and the rule; never with a part of the secret
 */
export function parseSecrets(text: string): Secret[] {
  const secrets: Secret[] = [];
  for (const [index, entry] of text.split(',').entries()) {
    if (entry.trim() === '') continue;
    const secret = parseSecret(entry.trim());
    if (secret === undefined) throw new Error(`entry ${index + 1} ${SECRET_RULE}`);
    secrets.push(secret);
  }
  return secrets;
}

/** One secret in the form of {@link SECRET_RULE}, or undefined. */
export function parseSecret(text: string): Secret | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const base64 = text.slice(PREFIX.length);
  const key = Buffer.from(base64, 'base64');
  // Node skips what is not base64; receivers do not, so only the one spelling that every library reads is taken.
  if (key.toString('base64') !== base64 || key.length < MIN_BYTES || key.length > MAX_BYTES) return undefined;
  return createSecretKey(key);
}

export interface Signable {
  /** The header `webhook-id`. */
  readonly id: string;
  /** The body as sent; a string means its UTF-8 bytes. */
  readonly body: string | Buffer;
  /** Each of them signs, so that a receiver may know the old or the new one during a rotation. */
  readonly secrets: readonly Secret[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** All values are strings; the timestamp is in epoch seconds. */
export interface SignatureHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  /** `v1,<base64>` for each secret, separated by spaces; absent without secrets. */
  readonly 'webhook-signature'?: string;
}

/** The three headers of one attempt; each attempt is signed anew. */
export function signatureHeaders({ id, body, secrets, now }: Signable): SignatureHeaders {
  const timestamp = String(Math.floor(now / 1_000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secrets.length === 0) return headers;
  const signatures = secrets.map((secret) => `v1,${digest(secret, id, timestamp, body).toString('base64')}`);
  return { ...headers, 'webhook-signature': signatures.join(' ') };
}

/** HMAC-SHA256 over `<id>.<timestamp>.<body>`, as both sides compute it. */
export function digest(secret: Secret, id: string, timestamp: string, body: string | Buffer): Buffer {
  return createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest();
}
