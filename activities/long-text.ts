/** A long text as JSON, with little beside it: `JSON.stringify` holds it three times over, until its parts are one. */

/** In UTF-16 units. A text that is shorter is not worth the two passes. */
const LONG = 8_000_000;
const PIECE = 1_000_000;

/** Whether an output is better made into bytes by {@link longTextToJson}. */
export function isLongText(output: unknown): output is string {
  return typeof output === 'string' && output.length >= LONG;
}

/** @returns what `JSON.stringify` answers, in UTF-8 */
export function longTextToJson(text: string, piece = PIECE): Buffer {
  let size = 2;
  for (const part of escaped(text, piece)) size += Buffer.byteLength(part);
  const bytes = Buffer.allocUnsafe(size);
  let end = bytes.write('"');
  for (const part of escaped(text, piece)) end += bytes.write(part, end);
  bytes.write('"', end);
  return bytes;
}

function* escaped(text: string, piece: number): Iterable<string> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + piece, text.length);
    // Not between the halves of a character, each of which would be escaped by itself.
    if (end < text.length && end > start + 1 && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end--;
    yield JSON.stringify(text.slice(start, end)).slice(1, -1);
    start = end;
  }
}
