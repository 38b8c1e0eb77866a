/** Where Temporal is: its own variables and its own file, read by its own library, so that they mean what they always do. */
import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/** What client and worker connections have in common. */
export interface TemporalTarget {
  readonly namespace: string;
  readonly connectionOptions: Pick<ConnectionOptions, 'tls' | 'metadata'> & {
    readonly address: string;
    readonly apiKey?: string;
  };
}

export interface TargetOverrides {
  /** `host:port`, instead of `TEMPORAL_ADDRESS`. */
  readonly address?: string;
}

const DEFAULT_ADDRESS = '127.0.0.1:7233';
const CONNECT_WITHIN = 5_000;

/**
 * What gRPC leaves otherwise: it tries a server that is away after ever longer times, up to two minutes, also once that is
 * back; and takes no answer over 4 MB, where a page of a thousand workflows with what they were started with may be larger.
 * It also keeps a record of all calls that nobody reads (channelz), which is a tenth of what a start costs the facade.
 */
export const CHANNEL = {
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.max_receive_message_length': 128 * 1024 * 1024,
  'grpc.enable_channelz': 0,
} as const;

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/**
 * The SDK's own retries, but none that could only begin past the call's deadline: theirs go on for half a minute behind
 * everybody's back, and throw where nobody catches it once the connection is closed.
 */
const retryInTime: Interceptor = (options, nextCall) => {
  const { retryableDecider: isRetryable, delayFunction } = defaultGrpcRetryOptions();
  const deadline = Number(options.deadline ?? Infinity);
  const retry = makeGrpcRetryInterceptor({
    delayFunction,
    retryableDecider: (attempt, status) =>
      isRetryable(attempt, status) && Date.now() + delayFunction(attempt, status) < deadline,
  });
  return retry(options, nextCall);
};

/** Reads address, namespace, TLS, API key and headers from the environment and from Temporal's configuration file. */
export function temporalTarget(overrides: TargetOverrides = {}): TemporalTarget {
  const { namespace, connectionOptions: found } = loadClientConnectConfig({ overrideEnvVars: givenEnvironment() });
  return {
    namespace: namespace ?? 'default',
    connectionOptions: {
      address: overrides.address ?? found.address ?? DEFAULT_ADDRESS,
      ...(found.apiKey === undefined ? {} : { apiKey: found.apiKey }),
      ...(found.tls === undefined ? {} : { tls: found.tls }),
      ...(found.metadata === undefined ? {} : { metadata: found.metadata }),
    },
  };
}

/**
 * Connects to Temporal. Close `client.connection` when done.
 *
 * @throws an Error that names the address where nobody answers within 5 s
 */
export async function connect(overrides: TargetOverrides = {}): Promise<Client> {
  const { namespace, connectionOptions } = temporalTarget(overrides);
  try {
    const connection = await Connection.connect({
      ...connectionOptions,
      channelArgs: CHANNEL,
      interceptors: [retryInTime],
      connectTimeout: CONNECT_WITHIN,
    });
    return new Client({ connection, namespace });
  } catch (error) {
    throw new Error(`no Temporal server answers at ${connectionOptions.address} (TEMPORAL_ADDRESS)`, { cause: error });
  }
}

/** A variable that is set to nothing counts as not set, here as in our own configuration. */
function givenEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => (entry[1] ?? '') !== ''),
  );
}
