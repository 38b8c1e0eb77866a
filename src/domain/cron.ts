/**
 * Cron patterns as HKube takes them, those of npm `cron`: five fields, or six with seconds before them, in UTC. What a
 * pattern means is worked out here, so that no second syntax can read it otherwise.
 */

/** When a pattern fires, each field ascending. A day counts where either of two restricted day fields has it. */
export interface CronTimes {
  readonly second: readonly number[];
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly dayOfMonth: readonly number[];
  /** 1 is January. */
  readonly month: readonly number[];
  /** 0 is Sunday. */
  readonly dayOfWeek: readonly number[];
}

interface Field {
  readonly name: keyof CronTimes;
  readonly low: number;
  readonly high: number;
  /** What may be written for numbers, from `low` on. */
  readonly words?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Field[] = [
  { name: 'second', low: 0, high: 59 },
  { name: 'minute', low: 0, high: 59 },
  { name: 'hour', low: 0, high: 23 },
  { name: 'dayOfMonth', low: 1, high: 31 },
  { name: 'month', low: 1, high: 12, words: MONTHS },
  // Sunday is 7 as well.
  { name: 'dayOfWeek', low: 0, high: 7, words: DAYS },
];
const MONTH = 4;

const PRESETS: Readonly<Record<string, string>> = {
  '@secondly': '* * * * * *',
  '@minutely': '0 * * * * *',
  '@hourly': '0 0 * * * *',
  '@daily': '0 0 0 * * *',
  '@weekly': '0 0 0 * * 0',
  '@weekdays': '0 0 0 * * 1-5',
  '@weekends': '0 0 0 * * 0,6',
  '@monthly': '0 0 0 1 * *',
  '@yearly': '0 0 0 1 jan *',
};

/** In leap years. */
const LENGTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Longer ones have no meaning that a shorter one has not. */
const MAX_LENGTH = 1_000;

/** @returns undefined for what is no pattern, or names only days that no month has */
export function parseCron(pattern: string): CronTimes | undefined {
  const texts = fieldsOf(pattern);
  if (texts === undefined) return undefined;
  const fields = FIELDS.map((field, position) => valuesOf(texts[position] ?? '', field));
  if (fields.includes(undefined)) return undefined;
  const times = Object.fromEntries(
    FIELDS.map(({ name }, position) => [name, fields[position]]),
  ) as unknown as CronTimes;
  return fires(times) ? times : undefined;
}

/** Whether a pattern counts months: from 0 in HKube, from 1 elsewhere. Steps of all months are the same in both. */
export function countsMonths(pattern: string): boolean {
  const month = fieldsOf(pattern)?.[MONTH] ?? '';
  return month.split(',').some((part) => /^\d/.test(part) || /-\d/.test(part));
}

/** Whether a day must be in the field, as it leaves some out. */
export function isRestricted({ dayOfMonth, dayOfWeek }: CronTimes): { dayOfMonth: boolean; dayOfWeek: boolean } {
  return { dayOfMonth: dayOfMonth.length < 31, dayOfWeek: dayOfWeek.length < 7 };
}

function fieldsOf(pattern: string): string[] | undefined {
  if (pattern.length > MAX_LENGTH) return undefined;
  const text = pattern.trim().toLowerCase();
  const fields = (Object.hasOwn(PRESETS, text) ? (PRESETS[text] ?? '') : text).split(/\s+/);
  if (fields.length === FIELDS.length) return fields;
  return fields.length === FIELDS.length - 1 ? ['0', ...fields] : undefined;
}

function valuesOf(text: string, field: Field): number[] | undefined {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const range = rangeOf(part, field);
    if (range === undefined) return undefined;
    for (let value = range.first; value <= range.last; value += range.step) {
      values.add(field.name === 'dayOfWeek' ? value % 7 : value);
    }
  }
  return [...values].sort((one, other) => one - other);
}

const PART = /^(?:\*|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/;

function rangeOf(part: string, field: Field): { first: number; last: number; step: number } | undefined {
  const match = PART.exec(part);
  if (match === null) return undefined;
  const [, from, to, every] = match;
  const first = from === undefined ? field.low : numberOf(from, field);
  // `5/10` goes on to the end, as `5-59/10` does.
  const open = from === undefined || (to === undefined && every !== undefined);
  const last = open ? field.high : numberOf(to ?? from, field);
  const step = Number(every ?? 1);
  if (first === undefined || last === undefined || first > last || step === 0) return undefined;
  return { first, last, step };
}

function numberOf(text: string, { low, high, words = [] }: Field): number | undefined {
  const word = words.indexOf(text);
  const value = word < 0 ? Number(text) : low + word;
  return value >= low && value <= high ? value : undefined;
}

function fires(times: CronTimes): boolean {
  if (isRestricted(times).dayOfWeek) return true;
  const [earliest = 0] = times.dayOfMonth;
  return times.month.some((month) => (LENGTHS[month - 1] ?? 0) >= earliest);
}
