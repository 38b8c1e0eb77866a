/** What receivers do wrong, as a table: each row with what the attempt log must say of it (contract §7). */
import { gzipSync } from 'node:zlib';
import type { AttemptError } from '../../src/domain/delivery';
import { answer, drip, hold, pour, reset } from './behaviours';
import type { Behaviour } from './raw-receiver';

export interface Fault {
  readonly what: string;
  readonly behaviour: Behaviour;
  /** Absent where no answer came. */
  readonly statusCode?: number;
  /** Absent where the event is delivered. */
  readonly error?: AttemptError;
  /** The receiver acts before it has the whole request. @default false */
  readonly early?: boolean;
  /** The body of the request. @default a short one */
  readonly body?: string;
}

/** The deadline of an attempt on which a receiver is too slow. */
export const SHORT_MS = 400;
/** The deadline of the others. */
export const LONG_MS = 4_000;

const LARGE_BODY = JSON.stringify('x'.repeat(8 * 1_024 * 1_024));
const BOMB = gzipSync(Buffer.alloc(32 * 1_024 * 1_024));
const HINTS = 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n';
const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n';
const ok = { statusCode: 204 };

export const FAULTS: readonly Fault[] = [
  // Answers before the answer.
  {
    what: '100 Continue that nobody asked for, then 204',
    behaviour: answer('HTTP/1.1 100 Continue\r\n\r\n', NO_CONTENT),
    ...ok,
  },
  { what: '102 Processing, then 204', behaviour: answer('HTTP/1.1 102 Processing\r\n\r\n', NO_CONTENT), ...ok },
  { what: '103 Early Hints, then 204', behaviour: answer(HINTS, NO_CONTENT), ...ok },
  { what: 'a hundred informational answers, then 204', behaviour: answer(HINTS.repeat(100), NO_CONTENT), ...ok },
  {
    what: 'an unknown 1xx, then 500',
    behaviour: answer('HTTP/1.1 199 Hm\r\n\r\n', 'HTTP/1.1 500 No\r\n\r\n'),
    statusCode: 500,
    error: 'status',
  },
  {
    what: '101 that switches to nothing',
    behaviour: answer('HTTP/1.1 101 Switching Protocols\r\n\r\n', NO_CONTENT),
    error: 'protocol',
  },
  {
    what: '101 that switches protocols',
    behaviour: hold('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    error: 'protocol',
  },
  { what: '100 Continue and an end', behaviour: answer('HTTP/1.1 100 Continue\r\n\r\n'), error: 'reset' },
  { what: 'informational answers for ever, slowly', behaviour: drip('', HINTS), error: 'timeout' },
  { what: 'informational answers for ever, as fast as can be', behaviour: pour('', HINTS), error: 'protocol' },

  // Too slow.
  { what: 'silence', behaviour: {}, error: 'timeout' },
  { what: 'half a status line, then silence', behaviour: hold('HTTP/1.1 2'), error: 'timeout' },
  { what: 'headers that never end, then silence', behaviour: hold('HTTP/1.1 200 OK\r\nx-a: b\r\n'), error: 'timeout' },
  { what: 'a status line by the byte', behaviour: drip('HTTP/1.1 200 ', 'O'), error: 'timeout' },
  { what: 'headers by the byte', behaviour: drip('HTTP/1.1 200 OK\r\nx-slow: ', 'a'), error: 'timeout' },
  {
    what: 'a body by the byte',
    behaviour: drip('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n', 'a'),
    statusCode: 200,
  },
  {
    what: 'a body that does not come',
    behaviour: hold('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n'),
    statusCode: 200,
  },
  {
    what: 'a body of 500 by the byte',
    behaviour: drip('HTTP/1.1 500 No\r\n\r\n', 'a'),
    statusCode: 500,
    error: 'status',
  },
  {
    what: 'a large request that is not read',
    behaviour: { open: (socket) => socket.pause() },
    error: 'timeout',
    early: true,
    body: LARGE_BODY,
  },

  // Broken off.
  { what: 'RST at once', behaviour: { open: (socket) => socket.resetAndDestroy() }, error: 'reset', early: true },
  {
    what: 'RST within a large request',
    behaviour: { head: (socket) => socket.resetAndDestroy() },
    error: 'reset',
    early: true,
    body: LARGE_BODY,
  },
  { what: 'RST after the request', behaviour: reset(), error: 'reset' },
  { what: 'RST within the status line', behaviour: reset('HTTP/1.1 20'), error: 'reset' },
  { what: 'RST within the headers', behaviour: reset('HTTP/1.1 200 OK\r\nx-a: '), error: 'reset' },
  {
    what: 'RST within the body of 200',
    behaviour: reset('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'),
    statusCode: 200,
  },
  {
    what: 'RST within the body of 503',
    behaviour: reset('HTTP/1.1 503 No\r\ncontent-length: 10\r\n\r\nabc'),
    statusCode: 503,
    error: 'status',
  },
  { what: 'an end at once', behaviour: { open: (socket) => socket.end() }, error: 'reset', early: true },
  { what: 'an end without an answer', behaviour: answer(), error: 'reset' },
  { what: 'an end within the headers', behaviour: answer('HTTP/1.1 200 OK\r\nx-a: b\r\n'), error: 'reset' },
  {
    what: 'an end within the body',
    behaviour: answer('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'),
    statusCode: 200,
  },
  {
    what: '200 before a large request was read',
    behaviour: { head: (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n') },
    statusCode: 200,
    early: true,
    body: LARGE_BODY,
  },
  {
    what: '413 before a large request was read',
    behaviour: { head: (socket) => socket.end('HTTP/1.1 413 No\r\ncontent-length: 0\r\n\r\n') },
    statusCode: 413,
    error: 'status',
    early: true,
    body: LARGE_BODY,
  },
  {
    what: '200 before the request',
    behaviour: { open: (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n') },
    statusCode: 200,
    early: true,
  },
  {
    what: '503 that keeps the connection, which then breaks while idle',
    behaviour: {
      request: (socket) =>
        socket.write(
          'HTTP/1.1 503 No\r\nconnection: keep-alive\r\nkeep-alive: timeout=60\r\ncontent-length: 0\r\n\r\n',
          () => setTimeout(() => socket.resetAndDestroy(), 5),
        ),
    },
    statusCode: 503,
    error: 'status',
  },

  // Not HTTP/1.1, or hardly.
  { what: 'HTTP/1.0', behaviour: answer('HTTP/1.0 200 OK\r\n\r\nthanks'), statusCode: 200 },
  {
    what: 'HTTP/1.0 that keeps the connection',
    behaviour: hold('HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok'),
    statusCode: 200,
  },
  { what: 'HTTP/0.9', behaviour: answer('thanks\n'), error: 'protocol' },
  { what: 'HTTP/2', behaviour: hold(Buffer.from('000012040000000000', 'hex')), error: 'protocol' },
  { what: 'a TLS alert', behaviour: answer(Buffer.from('15030300020228', 'hex')), error: 'protocol' },
  { what: 'the greeting of a mail server', behaviour: hold('220 mail.example.com ESMTP\r\n'), error: 'protocol' },
  { what: 'no reason after the status', behaviour: answer('HTTP/1.1 200\r\n\r\n'), statusCode: 200 },
  {
    what: 'line feeds without carriage returns',
    behaviour: answer('HTTP/1.1 200 OK\ncontent-length: 0\n\n'),
    error: 'protocol',
  },
  { what: 'a status of two digits', behaviour: answer('HTTP/1.1 20 OK\r\n\r\n'), error: 'protocol' },
  { what: 'a status of four digits', behaviour: answer('HTTP/1.1 2000 OK\r\n\r\n'), error: 'protocol' },
  { what: 'status 099', behaviour: answer('HTTP/1.1 099 Low\r\n\r\n'), statusCode: 99, error: 'status' },
  { what: 'a zero byte in a header', behaviour: answer('HTTP/1.1 200 OK\r\nx-a: a\0b\r\n\r\n'), error: 'protocol' },
  { what: 'a space before a colon', behaviour: answer('HTTP/1.1 200 OK\r\nx-a : b\r\n\r\n'), error: 'protocol' },
  {
    what: 'two lengths of the body',
    behaviour: answer('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nokk'),
    error: 'protocol',
  },
  { what: 'a negative length', behaviour: answer('HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'), error: 'protocol' },
  {
    what: 'a length beyond all numbers',
    behaviour: answer(`HTTP/1.1 200 OK\r\ncontent-length: ${'9'.repeat(30)}\r\n\r\n`),
    error: 'protocol',
  },
  {
    what: 'a length and chunks',
    behaviour: answer('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
    error: 'protocol',
  },
  {
    what: 'an offer to upgrade',
    behaviour: answer(
      'HTTP/1.1 200 OK\r\nupgrade: h2,h2c\r\nconnection: upgrade, close\r\ncontent-length: 2\r\n\r\nok',
    ),
    statusCode: 200,
  },
  {
    what: 'garbage for chunks',
    behaviour: answer('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
    statusCode: 200,
  },
  {
    what: 'a second answer behind the first',
    behaviour: answer('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 500 No\r\n\r\n'),
    statusCode: 200,
  },
  {
    what: 'a body where there is none',
    behaviour: answer('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello'),
    statusCode: 204,
  },

  // Too much.
  {
    what: 'headers of 60 KB',
    behaviour: answer(`HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(60_000)}\r\n\r\n`),
    statusCode: 200,
  },
  {
    what: 'headers of 100 KB',
    behaviour: answer(`HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(100_000)}\r\n\r\n`),
    error: 'protocol',
  },
  {
    what: 'ten thousand headers',
    behaviour: answer('HTTP/1.1 200 OK\r\n', 'x-a: bcdef\r\n'.repeat(10_000), '\r\n'),
    error: 'protocol',
  },
  { what: 'headers for ever', behaviour: pour('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'), error: 'protocol' },
  {
    what: 'a body of 200 MB',
    behaviour: pour(`HTTP/1.1 200 OK\r\ncontent-length: ${String(200 * 1_024 * 1_024)}\r\n\r\n`, 'x'),
    statusCode: 200,
  },
  {
    what: 'chunks for ever',
    behaviour: pour('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\nx\r\n'),
    statusCode: 200,
  },
  {
    what: 'a zipped body of 32 MB',
    behaviour: answer(
      `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${String(BOMB.length)}\r\n\r\n`,
      BOMB,
    ),
    statusCode: 200,
  },
];
