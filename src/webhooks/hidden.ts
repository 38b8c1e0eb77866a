/**
 * What an endpoint's receiver may say back and nobody is to read in the attempt log: the values of its headers. A receiver
 * that shows what it got, as debugging ones and some refusals do, would tell a token to all who may see deliveries.
 */
import type { Endpoint } from '../domain/endpoint';

const SHOWN = '***';
/** Shorter ones are no secrets, and stand in any text. */
const SHORTEST = 6;

/** @returns the texts to hide, the longest first, so that no part of one is left */
export function hiddenTexts({ headers = {} }: Pick<Endpoint, 'headers'>): string[] {
  const values = Object.values(headers).flatMap((value) => [value, ...credentialsOf(value)]);
  const texts = new Set(values.flatMap(spellingsOf).filter(({ length }) => length >= SHORTEST));
  return [...texts].sort((one, other) => other.length - one.length);
}

/** As it is, in JSON (PHP's has `\/`), in a URL and in a page. */
function spellingsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const url = encodeURIComponent(value);
  const lowerUrl = url.replaceAll(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase());
  const page = value.replaceAll(/[&<>"']/g, (character) => PAGE[character] ?? character);
  return [value, json, json.replaceAll('/', '\\/'), url, lowerUrl, page];
}

const PAGE: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** `hunter2` of `Bearer hunter2`; of `Basic …` what it stands for as well. */
function credentialsOf(value: string): string[] {
  const [, scheme = '', credentials] = /^(\S+)\s+(\S.*)$/.exec(value) ?? [];
  if (credentials === undefined) return [];
  if (scheme.toLowerCase() !== 'basic') return [credentials];
  const decoded = Buffer.from(credentials, 'base64').toString();
  return [credentials, decoded, decoded.slice(decoded.indexOf(':') + 1)];
}

/** @param text of which the end may be cut off: a part that is left there is hidden as well */
export function hide(text: string, hidden: readonly string[]): string {
  const shown = hidden.reduce((left, one) => left.replaceAll(one, SHOWN), text);
  for (const one of hidden) {
    for (let length = one.length - 1; length >= SHORTEST; length--) {
      if (shown.endsWith(one.slice(0, length))) return shown.slice(0, -length) + SHOWN;
    }
  }
  return shown;
}
