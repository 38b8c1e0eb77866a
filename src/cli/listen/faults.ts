/** `listen --fail`: the faults that are rehearsed, one for each webhook that arrives. */
import { parseDuration, parseList } from '../../config-values';
import type { Reply } from '../receiver';

export interface Fault {
  /** As it was asked for. */
  readonly name: string;
  readonly reply: Reply;
}

const OK: Fault = { name: 'ok', reply: { status: 204 } };
const SLOW_MS = 3_000;
const RULE =
  'is none of ok, timeout, reset, close, redirect, slow (slow:8s), and no status from 200 to 999 (503:30s with Retry-After)';

/**
 * Reads `500,503:30s,timeout,reset,close,slow:8s,redirect,ok`.
 *
 * @throws Error with the entry and the rule
 */
export function parseFaults(text: string): Fault[] {
  const faults = parseList(text).map(parseFault);
  if (faults.length === 0) throw new Error('needs at least one fault, such as 500');
  return faults;
}

function parseFault(entry: string): Fault {
  const [, word = '', duration] = /^([a-z]+|\d+)(?::(.*))?$/.exec(entry) ?? [];
  const reply = /^\d/.test(word) ? statusReply(word, duration) : namedReply(word, duration);
  if (reply === undefined) throw new Error(`"${entry}" ${RULE}`);
  return { name: entry, reply };
}

function statusReply(word: string, duration: string | undefined): Reply | undefined {
  const status = Number(word);
  if (status < 200 || status > 999) return undefined;
  if (duration === undefined) return { status };
  return { status, headers: { 'retry-after': String(Math.ceil(parseDuration(duration) / 1_000)) } };
}

function namedReply(word: string, duration: string | undefined): Reply | undefined {
  if (word === 'slow') {
    return { status: 204, afterMs: duration === undefined ? SLOW_MS : parseDuration(duration) };
  }
  if (duration !== undefined) return undefined;
  switch (word) {
    case 'ok':
      return OK.reply;
    case 'timeout':
    case 'reset':
    case 'close':
      return word;
    case 'redirect':
      return { status: 302, headers: { location: '/redirected' } };
    default:
      return undefined;
  }
}

/** @returns the next fault each time it is called: after the last `ok` for ever, or the first again */
export function rehearse(faults: readonly Fault[], loop: boolean): () => Fault {
  let next = 0;
  return () => {
    const fault = faults[loop ? next % faults.length : next];
    next++;
    return fault ?? OK;
  };
}

/** Whether the sender is to take it for a failure, of which a slow answer is one only where it is slower than allowed. */
export function isFailure(reply: Reply): boolean {
  return typeof reply === 'string' || reply.status >= 300;
}
