/** What raw receivers say once they have the whole request. */
import type { Socket } from 'node:net';
import type { Behaviour } from './raw-receiver';

export const OK = answer('HTTP/1.1 204 No Content\r\n\r\n');

/** Says it, and hangs up in order. */
export function answer(...bytes: readonly (string | Buffer)[]): Behaviour {
  return { request: (socket) => socket.end(joined(bytes)) };
}

/** Says it, and keeps the connection open. */
export function hold(...bytes: readonly (string | Buffer)[]): Behaviour {
  return { request: (socket) => socket.write(joined(bytes)) };
}

/** Says it, and then a little more for ever. */
export function drip(first: string, piece: string): Behaviour {
  return {
    request: (socket) => {
      socket.write(first);
      const timer = setInterval(() => socket.write(piece), 20);
      socket.once('close', () => {
        clearInterval(timer);
      });
    },
  };
}

/** Says it, and then more for ever, as fast as it is taken. */
export function pour(first: string, piece: string | Buffer): Behaviour {
  const chunk = Buffer.concat(Array<Buffer>(Math.ceil(65_536 / piece.length)).fill(Buffer.from(piece)));
  return {
    request: (socket) => {
      const go = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', go).write(first);
      go();
    },
  };
}

/** Says it, and breaks the connection. */
export function reset(first = ''): Behaviour {
  return { request: (socket) => breakAfter(socket, first) };
}

function breakAfter(socket: Socket, first: string): void {
  if (first === '') socket.resetAndDestroy();
  else socket.write(first, () => socket.resetAndDestroy());
}

function joined(bytes: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(bytes.map((part) => Buffer.from(part)));
}
