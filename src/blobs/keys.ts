/** Which keys a blob may have. One rule for all stores, so that what works with one works with the other. */

/** In bytes of UTF-8: the longest name of a file. */
const LONGEST_SEGMENT = 255;
/** S3 has 1,024 bytes for the prefix and the key. */
const LONGEST_KEY = 800;

/** Control characters (NUL ends a file name, S3's lists are XML), halves of characters, and what parts paths. */
const REFUSED = /[\p{Cc}\p{Cs}\uFFFE\uFFFF/\\]/u;

/** Two segments or more with `/` between them, each 1 to 255 bytes and neither `.` nor `..`; 800 bytes in all. */
export function isBlobKey(key: string): boolean {
  const segments = key.split('/');
  return segments.length >= 2 && segments.every(isSegment) && Buffer.byteLength(key) <= LONGEST_KEY;
}

function isSegment(text: string): boolean {
  return (
    text !== '' && text !== '.' && text !== '..' && !REFUSED.test(text) && Buffer.byteLength(text) <= LONGEST_SEGMENT
  );
}

/** @throws TypeError */
export function checkKey(key: string): void {
  if (!isBlobKey(key)) throw new TypeError(`not a key of a blob: ${JSON.stringify(key)}`);
}

/** @throws TypeError */
export function checkFolder(folder: string): void {
  if (!isSegment(folder)) throw new TypeError(`not a folder of blobs: ${JSON.stringify(folder)}`);
}
