/** What `listen` prints of a webhook. Whoever sends may write anything: nothing of it reaches the terminal's controls. */
import { inspect } from 'node:util';
import pc from 'picocolors';
import type { ReceivedWebhook, Reply } from '../receiver';

/** Of a body, in characters: results may be large. */
const LONGEST_BODY = 65_536;
const LONGEST_ERROR = 100;

/** When, which event, what it says, whether it is authentic, and what it is answered: one line. */
export function lineOf(webhook: ReceivedWebhook, reply: Reply, onPurpose: boolean): string {
  const { at, headers, body } = webhook;
  const header = (name: string): string => String(headers[name] ?? '?');
  const { status, jobId } = record(body);
  return [
    pc.dim(`${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`),
    pc.bold(cell(header('x-pipeline-event'), 8)),
    cell(`#${header('x-pipeline-sequence')}`, 4),
    cell(`try ${header('x-pipeline-attempt')}`, 6),
    cell(text(status), 9),
    cell(newsOf(body), 10),
    checkOf(webhook),
    pc.cyan(cell(text(jobId), 0)),
    answerOf(webhook, reply, onPurpose),
  ].join('  ');
}

/** The body, indented for people. */
export function bodyOf({ body, text: raw }: ReceivedWebhook): string {
  const pretty = body === undefined ? raw : JSON.stringify(body, null, 2);
  const cut = pretty.length - LONGEST_BODY;
  const shown = printable(cut > 0 ? `${pretty.slice(0, LONGEST_BODY)}\n… and ${String(cut)} characters` : pretty);
  return shown.replace(/^/gm, '    ');
}

/** How far a job has come, how many results it has, or why it has none. */
function newsOf(body: unknown): string {
  const { data, error } = record(body);
  if (typeof error === 'string') return error.slice(0, LONGEST_ERROR);
  if (Array.isArray(data)) return `${String(data.length)} result${data.length === 1 ? '' : 's'}`;
  const { progress } = record(data);
  return progress === undefined ? '' : `${text(progress)} %`;
}

function checkOf({ check, refusal = '', body }: ReceivedWebhook): string {
  if (check === 'refused') return pc.red(`✖ ${printable(refusal)}`);
  const mark = check === 'verified' ? pc.green('✔ verified   ') : pc.yellow('– not checked');
  return body === undefined ? `${mark}  ${pc.red('no JSON')}` : mark;
}

function answerOf({ isDuplicate }: ReceivedWebhook, reply: Reply, onPurpose: boolean): string {
  const what = typeof reply === 'string' ? SILENT[reply] : String(reply.status);
  const when = typeof reply !== 'string' && reply.afterMs !== undefined ? ` after ${String(reply.afterMs)} ms` : '';
  const answer = `→ ${what}${when}${onPurpose ? ', on purpose' : ''}`;
  return (onPurpose ? pc.yellow(answer) : answer) + (isDuplicate ? pc.magenta('  duplicate, dropped') : '');
}

const SILENT = { timeout: 'no answer', close: 'closed', reset: 'reset' };

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string'
    ? value
    : value === undefined
      ? ''
      : inspect(value, { depth: 0, breakLength: Infinity });
}

function cell(value: string, width: number): string {
  return printable(value).replaceAll('\n', ' ').padEnd(width);
}

function printable(value: string): string {
  return value.replace(/(?!\n)\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
