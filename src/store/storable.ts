/** What both databases keep as it is: SQLite cuts a text at a NUL, PostgreSQL refuses it, neither has half a character. */
const STORABLE = /^[^\0\p{Surrogate}]*$/u;

/** What is not can not be there either, and need not be asked for. */
export function isStorable(...texts: readonly string[]): boolean {
  return texts.every((text) => STORABLE.test(text));
}
