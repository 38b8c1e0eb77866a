/** Texts of the configuration as values. Each throws an Error with the rule; the caller adds the variable's name. */
import { isIP } from 'node:net';
import { DIALECTS, type Dialect } from './domain/dialect';
import { LOG_LEVELS, type LogLevel } from './logger';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST = 365 * UNITS.d;

/** `500ms`, `5s`, `1.5m`, `20h`, `14d` as milliseconds. */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (amount === undefined) throw new Error(`"${text}" is not a duration such as 500ms, 5s, 1m, 2h or 14d`);
  const ms = Math.round(Number(amount) * UNITS[unit as keyof typeof UNITS]);
  if (ms > LONGEST) throw new Error(`"${text}" is more than 365d`);
  return ms;
}

export function parsePositiveDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0) throw new Error(`"${text}" must be more than 0`);
  return ms;
}

export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function parseSchedule(text: string): number[] {
  const delays = parseList(text);
  if (delays.length === 0) throw new Error('needs at least one delay, such as 0s');
  return delays.map(parseDuration);
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new Error(`"${text}" is not a whole number from 1`);
  return Number(text);
}

const SIZES = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

/** `500B`, `64KiB`, `1.5MiB` as bytes. */
export function parseSize(text: string): number {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(B|KiB|MiB|GiB)$/.exec(text) ?? [];
  if (amount === undefined) throw new Error(`"${text}" is not a size such as 500B, 64KiB or 1MiB`);
  return Math.round(Number(amount) * SIZES[unit as keyof typeof SIZES]);
}

export function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new Error(`"${text}" is not a port from 0 to 65535`);
  return Number(text);
}

export function parseHost(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(bare)) return bare;
  throw new Error(`"${text}" is neither an IP address nor a host name`);
}

/** An IP address and a port, as Temporal's core takes them: it looks no name up. */
export function parseListener(text: string): string {
  const [, bracketed, bare, port] = /^(?:\[(.+)\]|([^:]+)):([1-9]\d{0,4})$/.exec(text) ?? [];
  const isAddress = bracketed === undefined ? isIP(bare ?? '') === 4 : isIP(bracketed) === 6;
  if (isAddress && Number(port) <= 65_535) return text;
  throw new Error(`"${text}" is not an IP address and a port such as 127.0.0.1:9464 or [::1]:9464`);
}

export function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new Error('must be an http or https URL');
  // Not quoting the text: a URL with credentials is a mistake worth reporting, but not worth repeating.
  if (url.username !== '' || url.password !== '') throw new Error('must not hold credentials');
  return text.replace(/\/+$/, '');
}

export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text.toLowerCase());
  if (level === undefined) throw new Error(`"${text}" is not one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

export function parseDialect(text: string): Dialect {
  const dialect = DIALECTS.find((known) => known === text);
  if (dialect === undefined) throw new Error(`"${text}" is not one of ${DIALECTS.join(', ')}`);
  return dialect;
}

/** How often one client may ask. */
export interface RateLimit {
  readonly requests: number;
  readonly seconds: number;
}

const PERIODS = { s: 1, m: 60, h: 3_600 };

/** `100/s`, `600/m`, `5000/h`. */
export function parseRateLimit(text: string): RateLimit {
  const [, requests, period] = /^([1-9]\d{0,8})\/([smh])$/.exec(text) ?? [];
  if (requests === undefined) throw new Error(`"${text}" is not a rate such as 100/s, 600/m or 5000/h`);
  return { requests: Number(requests), seconds: PERIODS[period as keyof typeof PERIODS] };
}

/** Origins as browsers send them, or `*`. */
export function parseOrigins(text: string): string[] {
  const origins = parseList(text);
  for (const origin of origins) {
    if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) continue;
    throw new Error(`"${origin}" is neither * nor an origin such as https://pages.example`);
  }
  return origins;
}

/** What can travel in a header. */
export function parseToken(text: string): string {
  // Not quoting it: a secret that is mistyped is still one.
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Error('must have no blanks, and ASCII characters only');
  return text;
}

/** As Temporal takes the name of a Worker Deployment, which stands before a dot or a colon in the names of its versions. */
export function parseDeploymentName(text: string): string {
  if (/[.:]/.test(text)) throw new Error(`"${text}" must not have . or :`);
  return parseBuildId(text);
}

export function parseBuildId(text: string): string {
  if (text.startsWith('__')) throw new Error(`"${text}" must not begin with __`);
  if (text.length > 255) throw new Error('must not be longer than 255 characters');
  return text;
}
