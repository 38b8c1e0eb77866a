/** The rule of `DATABASE_URL`. A message never quotes the text: it holds a password. */

/**
 * @returns the text, which only the driver reads
 * @throws Error with the rule
 */
export function parseDatabaseUrl(text: string): string {
  if (!/^postgres(ql)?:\/\/./i.test(text))
    throw new Error('must be a URL such as postgres://user:password@host/database');
  // The driver would take what is before for the host, and name it in its errors.
  if (/[/?#].*@/.test(text.slice(text.indexOf('://') + 3))) {
    throw new Error('must have /, ?, # and @ in its user and password percent-encoded');
  }
  return text;
}
