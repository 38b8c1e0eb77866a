/** Logs are lines of JSON on standard error, or readable lines where that is a terminal; standard output is for results. */
import {
  SdkComponent,
  type LogLevel as TemporalLevel,
  type LogMetadata,
  type Logger as TemporalLogger,
} from '@temporalio/common';
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger } from 'pino';

/** From the most to the least. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const STDERR = 2;

/**
 * A logger of one process.
 *
 * @param name which process: `worker`, `facade`
 */
export function createLogger(level: LogLevel, name: string): Logger {
  // Synchronous, so that a process that ends because of an error has said so before.
  const destination = process.stderr.isTTY
    ? pretty({ destination: STDERR, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' })
    : pino.destination({ fd: STDERR, sync: true });
  const { err } = pino.stdSerializers;
  // Temporal's messages carry theirs as `error`.
  return pino({ name, level, serializers: { err, error: err } }, destination);
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** A warning about the worker that sends webhooks, which is to do nothing else. */
const WEBHOOKS_ONLY = 'No workflows registered';

/** For `Runtime.install({ logger })`: what Temporal's SDK and its core say goes into the same log. */
export function temporalLogger(log: Logger): TemporalLogger {
  const write = (level: TemporalLevel, message: string, meta: LogMetadata = {}): void => {
    // What the SDK is doing is news to its developers only; what algorithms log is news to users.
    const own = meta['sdkComponent'] === SdkComponent.worker || meta['sdkComponent'] === SdkComponent.core;
    const isNews = !own || (level !== 'INFO' && !message.startsWith(WEBHOOKS_ONLY));
    log[isNews ? LEVELS[level] : 'debug'](meta, message);
  };
  return {
    log: write,
    trace: (message, meta) => {
      write('TRACE', message, meta);
    },
    debug: (message, meta) => {
      write('DEBUG', message, meta);
    },
    info: (message, meta) => {
      write('INFO', message, meta);
    },
    warn: (message, meta) => {
      write('WARN', message, meta);
    },
    error: (message, meta) => {
      write('ERROR', message, meta);
    },
  };
}
