/** The rule of `SECRET_KEY` (contract §9). A message never quotes the text. */
import { createSecretKey, type KeyObject } from 'node:crypto';

const BYTES = 32;
const SECRET_KEY_RULE = `must be the base64 of ${String(BYTES)} bytes`;

/**
 * Reads the comma-separated list: the first key encrypts, each of them decrypts. Blank text means no key.
 *
 * @throws Error with the number of the bad entry, counted from 1, and the rule
 */
export function parseSecretKeys(text: string): KeyObject[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries.flatMap((entry, index) => {
    if (entry === '') return [];
    const bytes = Buffer.from(entry, 'base64');
    // Node skips what is not base64, and would take a mistyped key for another one.
    if (bytes.length !== BYTES || bytes.toString('base64') !== entry) {
      throw new Error(`entry ${String(index + 1)} ${SECRET_KEY_RULE}`);
    }
    return [createSecretKey(bytes)];
  });
}
