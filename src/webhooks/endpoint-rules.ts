/** What an endpoint may say. A message names the field and the rule, and never quotes a value: it may be a secret. */
import { validateHeaderName } from 'node:http';
import type { Endpoint } from '../domain/endpoint';
import { invalid } from '../domain/errors';
import { checkClientCertificate, parseCertificates } from './certificates';
import { checkUrl, type AllowList } from './guard';
import { parseSecret, SECRET_RULE } from './sign';

/** Ours, those of the connection, and those that would change what the body is. */
const RESERVED =
  /^(webhook-.*|x-pipeline-.*|content-.*|proxy-.*|accept-encoding|connection|cookie2?|expect|host|http2-settings|keep-alive|te|trailer|transfer-encoding|upgrade|user-agent|traceparent|tracestate)$/;
/** What every receiver reads alike. */
const VALUE = /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/;
const MAX_VALUE = 8_192;
const MAX_RATE = 10_000;
/** One request in a day. */
const MIN_RATE = 1 / 86_400;

/**
 * Checks what its types do not say.
 *
 * @param allow the addresses besides the public ones that webhooks may reach
 * @returns the endpoint with its URL and the names of its headers in their normal form
 * @throws PipelineError `InvalidPipeline`
 */
export function checkEndpoint(endpoint: Endpoint, allow: AllowList): Endpoint {
  const { secrets = [], headers, rateLimit, ca, clientCertificate } = endpoint;
  const url = checkPrefix(endpoint.url, allow);
  secrets.forEach((secret, index) => {
    if (parseSecret(secret) === undefined) throw invalid(`data.secrets[${String(index)}] ${SECRET_RULE}`);
  });
  if (rateLimit !== undefined && !(rateLimit >= MIN_RATE && rateLimit <= MAX_RATE)) {
    throw invalid(`data.rateLimit should be from one in a day (${MIN_RATE.toPrecision(3)}) to ${String(MAX_RATE)}`);
  }
  if (ca !== undefined) ruled('data.ca', () => parseCertificates(ca));
  if (clientCertificate !== undefined) {
    ruled('data.clientCertificate', () => {
      checkClientCertificate(clientCertificate);
    });
  }
  return { ...endpoint, url, ...(headers !== undefined && { headers: checkHeaders(headers) }) };
}

function checkPrefix(url: string, allow: AllowList): string {
  const refusal = checkUrl(url, allow);
  if (refusal !== undefined) throw invalid(`data.url: ${refusal.error}`);
  const parsed = new URL(url);
  if (parsed.search !== '' || parsed.hash !== '') throw invalid('data.url should NOT have a query or a fragment');
  return parsed.href;
}

function checkHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked = new Map<string, string>();
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    const at = `data.headers.${name.slice(0, 100)}`;
    try {
      validateHeaderName(name);
    } catch {
      throw invalid('data.headers should have only names of HTTP headers');
    }
    if (RESERVED.test(name)) throw invalid(`${at} is not for endpoints to set`);
    if (checked.has(name)) throw invalid(`${at} is there twice`);
    if (value.length > MAX_VALUE || !VALUE.test(value)) {
      throw invalid(
        `${at} should be 1 to ${String(MAX_VALUE)} visible ASCII characters, with blanks only between them`,
      );
    }
    checked.set(name, value);
  }
  return Object.fromEntries(checked);
}

function ruled(at: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    throw invalid(`${at}: ${error instanceof Error ? error.message : 'is not valid'}`);
  }
}
