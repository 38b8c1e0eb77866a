/** `temporal-pipelines listen`: a receiver to try webhooks with, and to rehearse what becomes of them when it fails. */
import pc from 'picocolors';
import { ConfigError, urlOf } from '../../config';
import { parseHost, parseList, parsePort } from '../../config-values';
import { parseSecrets } from '../../webhooks/sign';
import { say, untilInterrupted, type Stoppable } from '../foreground';
import { isFailure, parseFaults, rehearse, type Fault } from '../listen/faults';
import { bodyOf, lineOf } from '../listen/lines';
import { WebhookReceiver, type ReceivedWebhook } from '../receiver';

/** Texts from the command line. */
export interface ListenFlags {
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly secret?: string | undefined;
  readonly fail?: string | undefined;
  readonly failOn?: string | undefined;
  readonly loop?: boolean | undefined;
  readonly bodies?: boolean | undefined;
}

/** Where the README's quick start sends its webhooks. */
const LISTEN_PORT = '8080';
const LISTEN_HOST = '127.0.0.1';

interface Options {
  readonly port: number;
  readonly host: string;
  readonly secrets: readonly string[];
  readonly faults: readonly Fault[];
  /** Only webhooks of this event are failed. */
  readonly failOn?: string;
  readonly loop: boolean;
  readonly bodies: boolean;
}

/**
 * Runs until Ctrl-C or SIGTERM, and ends with a summary.
 *
 * @param given `WEBHOOK_SECRETS`, for what `--secret` does not say
 * @throws {@link ConfigError} naming every bad option
 */
export async function listen(flags: ListenFlags, given: string | undefined): Promise<void> {
  const options = readOptions(flags, given);
  const { url } = await untilInterrupted(open(options));
  const { secrets, faults, failOn, loop } = options;
  say(`listening   ${pc.cyan(url)} on every path`);
  say(`signatures  ${secrets.length > 0 ? 'are checked' : pc.yellow(UNCHECKED)}`);
  if (faults.length > 0) {
    const names = faults.map(({ name }) => name).join(', ');
    say(
      `faults      ${names}, then ${loop ? 'again' : 'ok'}${failOn === undefined ? '' : `; on ${failOn} webhooks only`}`,
    );
  }
  say('Ctrl-C ends it with a summary');
}

const UNCHECKED = 'are not checked: neither --secret nor WEBHOOK_SECRETS is set';
const EVENTS = ['progress', 'result'];

function readOptions(flags: ListenFlags, given = ''): Options {
  const problems: string[] = [];
  function read<T>(name: string, text: string, parse: (text: string) => T, otherwise: T): T {
    try {
      return text === '' ? otherwise : parse(text);
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return otherwise;
    }
  }
  const { port = LISTEN_PORT, host = LISTEN_HOST, secret, fail, failOn, loop = false, bodies = false } = flags;
  const [source, secrets] = secret === undefined ? ['WEBHOOK_SECRETS', given] : ['--secret', secret];
  if (fail === undefined && loop) problems.push('--loop: there is nothing to repeat without --fail');
  if (fail === undefined && failOn !== undefined) problems.push('--fail-on: there is no fault without --fail');
  if (failOn !== undefined && !EVENTS.includes(failOn)) {
    problems.push(`--fail-on: "${failOn}" is not one of ${EVENTS.join(', ')}`);
  }
  const options: Options = {
    port: read('--port', port, parsePort, 0),
    host: read('--host', host, parseHost, LISTEN_HOST),
    secrets: read(source, secrets.trim(), parseSecretTexts, []),
    faults: fail === undefined ? [] : read('--fail', fail, parseFaults, []),
    ...(failOn !== undefined && { failOn }),
    loop,
    bodies,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return options;
}

/** Whoever verifies takes texts; the rule is the sender's. */
function parseSecretTexts(text: string): string[] {
  parseSecrets(text);
  return parseList(text);
}

interface Listening extends Stoppable {
  readonly url: string;
}

async function open({ host, port, secrets, faults, failOn, loop, bodies }: Options): Promise<Listening> {
  const next = rehearse(faults, loop);
  let failed = 0;
  const isFailed = ({ headers }: ReceivedWebhook): boolean =>
    faults.length > 0 && (failOn === undefined || headers['x-pipeline-event'] === failOn);
  const receiver = await WebhookReceiver.start({
    host,
    port,
    secrets,
    reply: (webhook) => (isFailed(webhook) ? next().reply : { status: 204 }),
    onWebhook: (webhook, reply) => {
      const onPurpose = webhook.check !== 'refused' && isFailure(reply);
      if (onPurpose) failed++;
      say(lineOf(webhook, reply, onPurpose));
      if (bodies) say(bodyOf(webhook));
    },
  }).catch((error: unknown) => {
    throw new Error(whyNot(error, urlOf(host, port)), { cause: error });
  });
  return {
    url: receiver.url,
    stop: async () => {
      await receiver.close();
      const { received, verified, refused, duplicates } = receiver.counts;
      say(
        `${String(received)} received, ${String(verified)} verified, ${String(refused)} refused, ` +
          `${String(duplicates)} duplicates, ${String(failed)} failed on purpose`,
      );
    },
    // Nothing of it outlives the process.
    kill: () => undefined,
  };
}

function whyNot(error: unknown, url: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `--port: ${url} is taken by another process`;
  return `cannot listen on ${url}: ${code === 'EACCES' ? 'not allowed' : message}`;
}
