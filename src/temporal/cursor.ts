/** Cursors of searches for jobs: where a page ended, as a text that its reader can't take apart. */
import { createHash } from 'node:crypto';
import { noCursor } from './list-page';
import type { Place } from './oldest-first';

/** Either order has its own: the server's mark, or a place in time. */
export type Cursor =
  { readonly order: 'desc'; readonly mark: Uint8Array } | { readonly order: 'asc'; readonly place: Place };

/** Enough to tell a text that was cut or changed; nothing is secret. */
const SUM_BYTES = 6;

export function formatCursor(cursor: Cursor): string {
  const body =
    cursor.order === 'desc'
      ? ['desc', Buffer.from(cursor.mark).toString('base64')]
      : ['asc', cursor.place.isOpen, cursor.place.at, cursor.place.runId, cursor.place.width];
  const text = Buffer.from(JSON.stringify(body));
  return Buffer.concat([sumOf(text), text]).toString('base64url');
}

/** @throws PipelineError `InvalidPipeline` where it is none, or one of the other order */
export function parseCursor(text: string, order: Cursor['order']): Cursor {
  const whole = Buffer.from(text, 'base64url');
  const body = whole.subarray(SUM_BYTES);
  if (!sumOf(body).equals(whole.subarray(0, SUM_BYTES))) throw noCursor();
  const [kind, ...rest] = JSON.parse(body.toString()) as unknown[];
  if (kind !== order) throw noCursor();
  if (order === 'desc') return { order, mark: Buffer.from(rest[0] as string, 'base64') };
  const [isOpen, at, runId, width] = rest as [boolean, number, string, number];
  return { order, place: { isOpen, at, runId, width } };
}

function sumOf(body: Uint8Array): Buffer {
  return createHash('sha256').update('jobs').update(body).digest().subarray(0, SUM_BYTES);
}
