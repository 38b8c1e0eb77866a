/** What an attempt came to: reads the answer within its limits, and names the failure where there is none (contract §7). */
import { parseRetryAfter, type AttemptError, type AttemptOutcome } from '../domain/delivery';
import { ConnectError } from './connector';
import { hide } from './hidden';
import { ProtocolError, type Answer } from './post';

/** An outcome without what the clock says. */
export type Result = Omit<AttemptOutcome, 'startedAt' | 'durationMs'>;

/** Why the sender itself ended an attempt. */
export class Stopped extends Error {
  constructor(readonly failure: 'timeout' | 'unknown') {
    super(failure);
  }
}

const MAX_BYTES = 64 * 1_024;
const KEPT_BYTES = 1_024;
/** The body is for the record only: an answer that dribbles on must not hold up the next event. Milliseconds. */
const BODY_TIME = 1_000;

/**
 * The result is settled by the header block; a body that breaks, stalls or never ends does not change it.
 *
 * @param hidden what is not to be told of the body
 */
export async function readResult(
  { statusCode, headers, body }: Answer,
  hidden: readonly string[] = [],
): Promise<Result> {
  const asked = statusCode === 429 || statusCode === 503 ? headers['retry-after'] : undefined;
  const retryAfterMs = parseRetryAfter(asked, Date.now());
  const responseBody = await readText(body, hidden);
  return {
    statusCode,
    ...(isIn(200, statusCode) ? {} : { error: isIn(300, statusCode) ? 'redirect' : 'status' }),
    ...(responseBody === undefined ? {} : { responseBody }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function isIn(hundred: number, statusCode: number): boolean {
  return statusCode >= hundred && statusCode < hundred + 100;
}

/** The start of the body as text. A small body is read to its end, so that its sender sees a clean one. */
async function readText(body: Answer['body'], hidden: readonly string[]): Promise<string | undefined> {
  // So that what is hidden is known where the text is cut.
  const needed = KEPT_BYTES + Math.max(0, ...hidden.map(({ length }) => length));
  const timer = setTimeout(() => {
    body.destroy();
  }, BODY_TIME);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (size < needed) chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_BYTES) break;
    }
  } catch {
    // What came before it broke is kept.
  } finally {
    clearTimeout(timer);
  }
  const bytes = Buffer.concat(chunks);
  return printable(hidden.length === 0 ? bytes : Buffer.from(hide(bytes.toString('latin1'), hidden), 'latin1'));
}

/**
 * The start of it. Lossy for a wrong encoding, and nothing at all for binary, which practically always has control
 * characters.
 */
function printable(bytes: Buffer): string | undefined {
  // As a stream: a character that was cut at the end is left out.
  const text = new TextDecoder().decode(bytes.subarray(0, KEPT_BYTES), { stream: true });
  return text === '' || /[^\P{Cc}\t\r\n]/u.test(text) ? undefined : text;
}

/** The class of what an attempt threw. Messages stay behind: they may name addresses or quote the receiver. */
export function classify(error: unknown): AttemptError {
  if (error instanceof ConnectError || error instanceof Stopped) return error.failure;
  if (error instanceof ProtocolError) return 'protocol';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED') return 'reset';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (code.startsWith('HPE_')) return 'protocol';
  // In TLS 1.3 a receiver refuses a client after the handshake has ended on our side.
  return code.startsWith('ERR_SSL_') || code === 'EPROTO' ? 'tls' : 'unknown';
}
