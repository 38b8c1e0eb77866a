import fc from 'fast-check';
import { expect } from 'chai';
import type { AttemptError } from '../../../src/domain/delivery';
import { RawReceiver } from '../../support/raw-receiver';
import { closeSenders, request, sender } from '../senders';

// Whatever bytes come back, an attempt has an outcome of the closed list, and never an exception.

const ERRORS: Record<AttemptError, boolean> = {
  timeout: true,
  connect: false,
  dns: false,
  tls: false,
  reset: true,
  protocol: true,
  redirect: true,
  status: true,
  'blocked address': false,
  'refused url': false,
  lost: false,
  endpoint: false,
  unknown: false,
};

const STATUS_LINES = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 204 \r\n',
  'HTTP/1.0 302 Found\r\n',
  'HTTP/1.1 503 No\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n',
  'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n',
  'HTTP/1.1 099 Low\r\n',
  '',
];

const HEADERS = [
  'content-length: 5\r\n',
  'content-length: 99999999\r\n',
  'transfer-encoding: chunked\r\n',
  'content-encoding: gzip\r\n',
  'retry-after: 5\r\n',
  'location: http://127.0.0.1:1/\r\n',
  'connection: keep-alive\r\n',
  'x-a: b\r\n',
];

const BODIES = ['hello', '5\r\nhello\r\n', '0\r\n\r\n', 'ffffffff\r\n', '\n', '\r', 'HTTP/1.1 500 No\r\n\r\n'];

const bytes = fc.uint8Array({ maxLength: 40 }).map((some) => Buffer.from(some));
const oneOf = (...texts: string[]) => fc.constantFrom(...texts).map((text) => Buffer.from(text));

/** Half of it an answer, more or less, so that not everything ends at the first byte. */
const garbage = fc
  .oneof(
    fc.tuple(
      oneOf(...STATUS_LINES),
      ...Array.from({ length: 3 }, () => fc.oneof({ arbitrary: oneOf('', ...HEADERS), weight: 9 }, bytes)),
      oneOf('\r\n', '\r\n', '\r\n', ''),
      fc.oneof(oneOf(...BODIES), bytes),
    ),
    fc.array(fc.oneof(oneOf(...STATUS_LINES, ...HEADERS, ...BODIES), bytes), { maxLength: 12 }),
  )
  .map((parts) => Buffer.concat(parts));

describe('an answer of garbage', () => {
  let receiver: RawReceiver | undefined;

  afterEach(async () => {
    await closeSenders();
    await receiver?.close();
  });

  it('is one of the closed list of outcomes', async function () {
    this.timeout(30_000);
    let answer = Buffer.alloc(0);
    let breaks = false;
    receiver = await RawReceiver.start({
      request: (socket) => {
        if (breaks) socket.write(answer, () => socket.resetAndDestroy());
        else socket.end(answer);
      },
    });
    const { url } = receiver;
    const one = sender();
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(garbage, fc.boolean(), async (given, broken) => {
        [answer, breaks] = [given, broken];
        const { statusCode, error, responseBody, retryAfterMs } = await one.send(request(url, { deadlineMs: 2_000 }));
        const accepted = statusCode !== undefined && statusCode >= 200 && statusCode < 300;
        expect(error === undefined).to.equal(accepted);
        if (error !== undefined) expect(ERRORS[error], error).to.equal(true);
        expect(error === 'redirect' || error === 'status').to.equal(statusCode !== undefined && !accepted);
        if (retryAfterMs !== undefined) expect([statusCode, retryAfterMs]).to.deep.equal([503, 5_000]);
        expect(responseBody?.length ?? 0).to.be.at.most(1_024);
        seen.add(error ?? 'delivered');
      }),
      { numRuns: 300, seed: 7 },
    );
    expect([...seen]).to.include.members(['delivered', 'protocol', 'reset', 'status', 'redirect']);
  });
});
