/**
 * How a connection is opened here: every address that a name resolves to is checked, only those are connected to,
 * and the peer is checked again before a byte is written (contract §7). Resolving first and letting a library connect
 * by name would be open to DNS rebinding; a `lookup` option alone is skipped for literal addresses.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { isAllowedAddress, unbracketed, type AllowList, type Refusal } from './guard';
import { systemLookup, type Lookup, type ResolvedAddress } from './lookups';

/** How a connection fails. `timeout` may be at any step; `reset` is before a handshake; `tls` is everything within one. */
export type ConnectFailure = 'timeout' | 'connect' | 'reset' | 'dns' | 'tls' | Refusal['error'];

/** Why there is no connection. A blocked address has no cause: nothing of it may be told. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';

  constructor(
    readonly failure: ConnectFailure,
    cause?: unknown,
  ) {
    super(failure, { cause });
  }
}

export interface ConnectOptions {
  readonly allow: AllowList;
  /** For look-up, TCP and TLS together, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends a connection that is still being made, as a timeout. */
  readonly signal?: AbortSignal;
  /** Trusted certificates. @default Node's own */
  readonly secureContext?: SecureContext;
  /** @default the system's resolver, with all its addresses */
  readonly lookup?: Lookup;
}

interface Target {
  readonly secure: boolean;
  /** An address or a name. */
  readonly host: string;
  /** 0 where the URL names none. */
  readonly port: number;
}

/**
 * Opens a connection to the host of an `http:` or `https:` URL, secured where it is the latter.
 *
 * @throws {@link ConnectError}
 */
export async function openConnection(url: URL, options: ConnectOptions): Promise<Socket> {
  const target = { secure: url.protocol === 'https:', host: unbracketed(url.hostname), port: Number(url.port) };
  const limit = new AbortController();
  const giveUp = () => {
    limit.abort();
  };
  const timer = setTimeout(giveUp, options.timeoutMs);
  options.signal?.addEventListener('abort', giveUp, { once: true });
  if (options.signal?.aborted) giveUp();
  try {
    const addresses = await resolve(target.host, options, limit.signal);
    const socket = await openTcp(target, addresses, options.timeoutMs, limit.signal);
    const refusal = refusalOf(socket, target.host, options.allow);
    if (refusal !== undefined) {
      socket.destroy();
      throw new ConnectError(refusal);
    }
    return target.secure ? await openTls(socket, target.host, options.secureContext, limit.signal) : socket;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', giveUp);
  }
}

function refusalOf({ remoteAddress }: Socket, host: string, allow: AllowList): ConnectFailure | undefined {
  // The peer has broken it already; that is no reason never to try again, as a blocked address is.
  if (remoteAddress === undefined) return 'reset';
  return isAllowedAddress(remoteAddress, host, allow) ? undefined : 'blocked address';
}

/** All addresses of a host. One that is blocked blocks the host: a mixed answer is how rebinding looks. */
async function resolve(host: string, { allow, lookup = systemLookup }: ConnectOptions, signal: AbortSignal) {
  const family = isIP(host);
  const addresses =
    family === 0 ? await Promise.race([lookedUp(host, lookup), aborted(signal)]) : [{ address: host, family }];
  if (addresses.length === 0) throw new ConnectError('dns');
  if (!addresses.every(({ address }) => isAllowedAddress(address, host, allow))) {
    throw new ConnectError('blocked address');
  }
  return addresses;
}

async function lookedUp(host: string, lookup: Lookup) {
  try {
    return await lookup(host);
  } catch (error) {
    throw new ConnectError('dns', error);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => {
      reject(new ConnectError('timeout'));
    };
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

function openTcp(target: Target, addresses: readonly ResolvedAddress[], timeoutMs: number, signal: AbortSignal) {
  const socket = connectTcp({
    host: target.host,
    port: target.port === 0 ? (target.secure ? 443 : 80) : target.port,
    noDelay: true,
    autoSelectFamily: true,
    // Node's 250 ms for all but the last address would give up on a far receiver.
    autoSelectFamilyAttemptTimeout: Math.max(10, Math.floor(timeoutMs / (addresses.length + 1))),
    // Node asks only for names, and gets what was checked.
    lookup: (_hostname, _options, callback) => {
      callback(null, [...addresses]);
    },
  });
  return opened(socket, 'connect', 'connect', signal);
}

function openTls(socket: Socket, host: string, secureContext: SecureContext | undefined, signal: AbortSignal) {
  const name = host.replace(/\.$/, '');
  const secure = connectTls({
    socket,
    // The certificate is checked against it; the SNI extension takes names only.
    host: name,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(secureContext === undefined ? {} : { secureContext }),
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
  });
  return opened(secure, 'secureConnect', 'tls', signal);
}

/** Settles once; the listener for errors stays: the socket may break before anybody else listens. */
function opened(socket: Socket, event: string, failure: 'connect' | 'tls', signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      socket.destroy(new ConnectError('timeout'));
    };
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    socket.once(event, () => {
      signal.removeEventListener('abort', giveUp);
      resolve(socket);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reject(error instanceof ConnectError ? error : new ConnectError(failureOf(error, failure), error));
    });
    socket.once('close', () => {
      reject(new ConnectError(failure));
    });
  });
}

function failureOf({ code }: NodeJS.ErrnoException, step: 'connect' | 'tls'): ConnectFailure {
  if (code === 'ETIMEDOUT') return 'timeout';
  return code === 'ECONNRESET' && step === 'connect' ? 'reset' : step;
}
