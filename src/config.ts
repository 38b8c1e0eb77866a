/**
 * The configuration of contract §9: read from the environment and from flags, checked as a whole, reported as a whole.
 * Temporal's own variables are not here: `temporal/connection.ts` leaves them to `@temporalio/envconfig`.
 */
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseBlobUrl } from './blobs/s3-url';
import {
  parseBuildId,
  parseCount,
  parseDeploymentName,
  parseDialect,
  parseDuration,
  parseHost,
  parseList,
  parseListener,
  parseLogLevel,
  parseOrigins,
  parsePort,
  parsePositiveDuration,
  parseRateLimit,
  parseSchedule,
  parseSize,
  parseToken,
  parseUrl,
  type RateLimit,
} from './config-values';
import type { Dialect } from './domain/dialect';
import type { LogLevel } from './logger';
import { parseDatabaseUrl } from './store/postgres-url';
import { parseSecretKeys } from './store/secret-key';
import { readCertificates } from './webhooks/certificates';
import { parseAllowList, type AllowList } from './webhooks/guard';
import { parseSecrets, type Secret } from './webhooks/sign';

/** One variable of contract §9, and the flag of the same name. The command line registers its options from these. */
export interface Setting {
  readonly name: string;
  /** One line for `--help`. */
  readonly what: string;
  /** The text that is read where none is given; without one the setting is optional. */
  readonly fallback?: string;
  /** Says what holds without a `fallback`, for `--help`. */
  readonly unset?: string;
}

export const SETTINGS = {
  host: { name: 'HOST', fallback: '127.0.0.1', what: 'address that the facade listens on' },
  port: { name: 'PORT', fallback: '3000', what: 'port that the facade listens on' },
  publicUrl: { name: 'PUBLIC_URL', unset: 'from host and port', what: 'how others reach the facade' },
  taskQueue: { name: 'TASK_QUEUE', fallback: 'pipelines', what: 'task queue of workflows and algorithms' },
  temporalDeploymentName: {
    name: 'TEMPORAL_DEPLOYMENT_NAME',
    unset: 'no worker versioning',
    what: 'Worker Deployment that the worker belongs to',
  },
  temporalWorkerBuildId: {
    name: 'TEMPORAL_WORKER_BUILD_ID',
    unset: 'no worker versioning',
    what: 'version of it that the worker is',
  },
  temporalUiUrl: { name: 'TEMPORAL_UI_URL', unset: "the started server's", what: "Temporal's page, for links" },
  dataDir: { name: 'DATA_DIR', fallback: '.data', what: 'directory of databases, blobs, ports and pids' },
  databaseUrl: { name: 'DATABASE_URL', unset: 'a file in DATA_DIR', what: 'PostgreSQL database of the definitions' },
  blobUrl: { name: 'BLOB_URL', unset: 'files in DATA_DIR', what: 's3://bucket/prefix of big values; AWS_… as usual' },
  workflowBundle: { name: 'WORKFLOW_BUNDLE', unset: "the package's", what: 'file of the bundled workflows' },
  algorithms: { name: 'ALGORITHMS', unset: 'the examples', what: 'module paths, comma-separated' },
  algorithmWait: { name: 'ALGORITHM_WAIT', fallback: '60s', what: 'how long an unserved algorithm is waited for' },
  algorithmAllow: { name: 'ALGORITHM_ALLOW', unset: 'public only', what: 'CIDRs and hosts of HTTP algorithms' },
  maxBatch: { name: 'MAX_BATCH', fallback: '10000000', what: 'the widest batch that is taken, in items' },
  webhookSecrets: { name: 'WEBHOOK_SECRETS', unset: 'unsigned', what: 'whsec_… keys, comma-separated; each signs' },
  webhookAllow: { name: 'WEBHOOK_ALLOW', unset: 'public only', what: 'CIDRs and hosts that webhooks may reach' },
  webhookRetrySchedule: {
    name: 'WEBHOOK_RETRY_SCHEDULE',
    fallback: '0s,5s,30s,2m,10m,30m,1h,2h,4h,8h,12h,20h,24h',
    what: 'delay before each attempt, comma-separated',
  },
  webhookConnectTimeout: { name: 'WEBHOOK_CONNECT_TIMEOUT', fallback: '5s', what: 'limit of DNS, connect and TLS' },
  webhookAttemptTimeout: { name: 'WEBHOOK_ATTEMPT_TIMEOUT', fallback: '15s', what: 'limit of a whole attempt' },
  webhookProgressTimeout: { name: 'WEBHOOK_PROGRESS_TIMEOUT', fallback: '5s', what: 'the same for progress events' },
  webhookProgressInterval: {
    name: 'WEBHOOK_PROGRESS_INTERVAL',
    fallback: '1s',
    what: 'at most one event in this time',
  },
  webhookInlineLimit: { name: 'WEBHOOK_INLINE_LIMIT', fallback: '1MiB', what: 'results beyond it travel as addresses' },
  webhookHostConcurrency: {
    name: 'WEBHOOK_HOST_CONCURRENCY',
    fallback: '8',
    what: 'requests of one worker to one host at a time',
  },
  webhookCa: { name: 'WEBHOOK_CA', unset: "Node's own", what: 'file of PEM certificates that are trusted besides' },
  deliveryRetention: { name: 'DELIVERY_RETENTION', fallback: '14d', what: 'how long dead deliveries are kept' },
  secretKey: {
    name: 'SECRET_KEY',
    unset: 'made by start',
    what: '32 bytes in base64 that encrypt secrets, or several',
  },
  apiToken: { name: 'API_TOKEN', unset: 'none is asked for', what: 'bearer token of all requests but health' },
  corsOrigin: { name: 'CORS_ORIGIN', unset: 'off', what: 'origins whose pages may ask, comma-separated, or *' },
  rateLimit: { name: 'RATE_LIMIT', unset: 'off', what: 'requests of one client address, such as 100/s' },
  pipelinesDialect: {
    name: 'PIPELINES_DIALECT',
    fallback: 'contract',
    what: "bodies of webhooks and answers: contract, or hkube's",
  },
  metricsAddress: { name: 'METRICS_ADDRESS', unset: 'off', what: "address and port of a worker's /metrics" },
  logLevel: { name: 'LOG_LEVEL', fallback: 'info', what: 'trace, debug, info, warn, error, fatal or silent' },
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof SETTINGS;

/** Texts from the command line, keyed as commander keys its options; they win over the environment. */
export type Flags = Readonly<Partial<Record<SettingKey, string | undefined>>>;

/** All durations are milliseconds. */
export interface Config {
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  readonly taskQueue: string;
  /** The version of a Worker Deployment that the worker is; absent for no worker versioning. */
  readonly deploymentVersion?: { readonly deploymentName: string; readonly buildId: string };
  readonly temporalUiUrl?: string;
  /** Absolute. */
  readonly dataDir: string;
  /** May hold a password: never log. */
  readonly databaseUrl?: string;
  /** `s3://bucket/prefix`, without a trailing slash. */
  readonly blobUrl?: string;
  /** Absolute. */
  readonly workflowBundle?: string;
  /** Module paths as given; empty means the examples. */
  readonly algorithms: readonly string[];
  readonly algorithmWait: number;
  readonly algorithmAllow: AllowList;
  /** Items. */
  readonly maxBatch: number;
  readonly webhookSecrets: readonly Secret[];
  readonly webhookAllow: AllowList;
  readonly webhookRetrySchedule: readonly number[];
  readonly webhookConnectTimeout: number;
  readonly webhookAttemptTimeout: number;
  readonly webhookProgressTimeout: number;
  readonly webhookProgressInterval: number;
  /** Bytes. */
  readonly webhookInlineLimit: number;
  /** Requests. */
  readonly webhookHostConcurrency: number;
  /** PEM texts. */
  readonly webhookCa: readonly string[];
  readonly deliveryRetention: number;
  /** The first encrypts, each of them decrypts; empty means that nothing can be encrypted. */
  readonly secretKeys: readonly KeyObject[];
  /** A secret: never log. */
  readonly apiToken?: string;
  /** Empty means that no page of another origin may ask. */
  readonly corsOrigin: readonly string[];
  readonly rateLimit?: RateLimit;
  readonly pipelinesDialect: Dialect;
  /** `127.0.0.1:9464`, `[::1]:9464`. */
  readonly metricsAddress?: string;
  readonly logLevel: LogLevel;
  /** The texts that were given, by variable name: a child process is started with them. They hold secrets: never log. */
  readonly given: Readonly<Record<string, string>>;
}

/** Everything that is wrong with the configuration; the message has one line for each mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * Reads and checks the configuration.
 *
 * @param env usually `process.env`
 * @param flags texts from the command line, which win over `env`
 * @throws {@link ConfigError} naming every mistake at once
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>, flags: Flags = {}): Config {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  for (const [key, { name }] of Object.entries(SETTINGS)) {
    // A variable that is set to nothing counts as not set, as compose files and shells produce it so easily.
    const text = (flags[key as SettingKey] ?? env[name] ?? '').trim();
    if (text !== '') given[name] = text;
  }

  /** After a mistake it goes on with what holds when nothing is given, so that the later ones are found too. */
  function read<T>(setting: Setting, parse: (text: string) => T, otherwise = setting.fallback ?? ''): T {
    try {
      return parse(given[setting.name] ?? otherwise);
    } catch (error) {
      problems.push(`${setting.name}: ${error instanceof Error ? error.message : String(error)}`);
      return parse(otherwise);
    }
  }

  const host = read(SETTINGS.host, parseHost);
  const port = read(SETTINGS.port, parsePort);
  const deploymentName = read(SETTINGS.temporalDeploymentName, optional(parseDeploymentName));
  const buildId = read(SETTINGS.temporalWorkerBuildId, optional(parseBuildId));
  const { name: deploymentVariable } = SETTINGS.temporalDeploymentName;
  const { name: buildVariable } = SETTINGS.temporalWorkerBuildId;
  for (const [one, other] of [
    [deploymentVariable, buildVariable],
    [buildVariable, deploymentVariable],
  ] as const) {
    if (given[one] !== undefined && given[other] === undefined) problems.push(`${one}: needs ${other} too`);
  }
  const temporalUiUrl = read(SETTINGS.temporalUiUrl, optional(parseUrl));
  const apiToken = read(SETTINGS.apiToken, optional(parseToken));
  const rateLimit = read(SETTINGS.rateLimit, optional(parseRateLimit));
  const metricsAddress = read(SETTINGS.metricsAddress, optional(parseListener));
  const databaseUrl = read(SETTINGS.databaseUrl, optional(parseDatabaseUrl));
  const blobUrl = read(SETTINGS.blobUrl, optional(parseBlobUrl));
  const workflowBundle = read(
    SETTINGS.workflowBundle,
    optional((text) => resolve(text)),
  );
  const config: Config = {
    host,
    port,
    publicUrl: read(SETTINGS.publicUrl, parseUrl, urlOf(host, port)),
    taskQueue: read(SETTINGS.taskQueue, String),
    ...(deploymentName !== undefined && buildId !== undefined && { deploymentVersion: { deploymentName, buildId } }),
    ...(temporalUiUrl === undefined ? {} : { temporalUiUrl }),
    dataDir: read(SETTINGS.dataDir, (text) => resolve(text)),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(blobUrl === undefined ? {} : { blobUrl }),
    ...(workflowBundle !== undefined && { workflowBundle }),
    algorithms: read(SETTINGS.algorithms, parseList),
    algorithmWait: read(SETTINGS.algorithmWait, parseDuration),
    algorithmAllow: read(SETTINGS.algorithmAllow, parseAllowList),
    maxBatch: read(SETTINGS.maxBatch, parseCount),
    webhookSecrets: read(SETTINGS.webhookSecrets, parseSecrets),
    webhookAllow: read(SETTINGS.webhookAllow, parseAllowList),
    webhookRetrySchedule: read(SETTINGS.webhookRetrySchedule, parseSchedule),
    webhookConnectTimeout: read(SETTINGS.webhookConnectTimeout, parsePositiveDuration),
    webhookAttemptTimeout: read(SETTINGS.webhookAttemptTimeout, parsePositiveDuration),
    webhookProgressTimeout: read(SETTINGS.webhookProgressTimeout, parsePositiveDuration),
    webhookProgressInterval: read(SETTINGS.webhookProgressInterval, parseDuration),
    webhookInlineLimit: read(SETTINGS.webhookInlineLimit, parseSize),
    webhookHostConcurrency: read(SETTINGS.webhookHostConcurrency, parseCount),
    webhookCa: read(SETTINGS.webhookCa, (text) => (text === '' ? [] : readCertificates(text))),
    secretKeys: read(SETTINGS.secretKey, parseSecretKeys),
    deliveryRetention: read(SETTINGS.deliveryRetention, parsePositiveDuration),
    ...(apiToken !== undefined && { apiToken }),
    corsOrigin: read(SETTINGS.corsOrigin, parseOrigins),
    ...(rateLimit !== undefined && { rateLimit }),
    pipelinesDialect: read(SETTINGS.pipelinesDialect, parseDialect),
    ...(metricsAddress !== undefined && { metricsAddress }),
    logLevel: read(SETTINGS.logLevel, parseLogLevel),
    given,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** Nothing is undefined. */
function optional<T>(parse: (text: string) => T): (text: string) => T | undefined {
  return (text) => (text === '' ? undefined : parse(text));
}

/** The URL of a listener, as a caller on this machine would write it. */
export function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${isIP(reachable) === 6 ? `[${reachable}]` : reachable}:${String(port)}`;
}
