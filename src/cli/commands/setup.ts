/** `temporal-pipelines setup`: prepares a Temporal of one's own, as often as one likes, and says what it can't do itself. */
import type { Client } from '@temporalio/client';
import pc from 'picocolors';
import type { Config } from '../../config';
import { connect } from '../../temporal/connection';
import { registerNamespace, retentionOf } from '../../temporal/namespace';
import { heedsPriorities } from '../../temporal/priority';
import { missingSearchAttributes, registerSearchAttributes } from '../../temporal/search-attributes';
import { say } from '../foreground';

/** What `setup` is asked for. */
export interface SetupFlags {
  /** Looks only. */
  readonly check?: boolean | undefined;
}

/** One line of the report; `done` is undefined where it can't be told. */
interface Finding {
  readonly done: boolean | undefined;
  readonly text: string;
}

const HOUR = 3_600_000;
/** What a namespace is made with, and what `npm start` sets. */
const RETENTION = 14 * 24 * HOUR;
/** The delays of a delivery are up to this much longer than planned. */
const JITTER = 1.2;

/** @returns the exit code: 1 where something must be done by others */
export async function setup(config: Config, { check = false }: SetupFlags): Promise<number> {
  const client = await connect();
  const marks: Finding['done'][] = [];
  const report = ({ done, text }: Finding): void => {
    marks.push(done);
    say(`${done === undefined ? pc.yellow('?') : done ? pc.green('✔') : pc.red('✘')} ${text}`);
  };
  try {
    const needed = config.webhookRetrySchedule.reduce((sum, delay) => sum + delay, 0) * JITTER;
    report(await checkNamespace(client, needed, check));
    // Without a namespace there is nothing to look at.
    if ((await retentionOf(client)) === undefined) return 1;
    report(await checkSearchAttributes(client, check));
    report(check ? UNTRIED : await checkPriorities(client));
    report(FAIRNESS);
    return marks.includes(false) ? 1 : 0;
  } finally {
    await client.connection.close();
  }
}

async function checkNamespace(client: Client, neededMs: number, check: boolean): Promise<Finding> {
  const { namespace } = client.options;
  const found = await retentionOf(client);
  if (found === undefined) {
    if (check) return { done: false, text: `namespace ${namespace}: does not exist; setup makes it` };
    await registerNamespace(client, Math.max(RETENTION, neededMs));
    return { done: true, text: `namespace ${namespace}: made` };
  }
  const retention = `keeps a job ${hours(found)} after its end`;
  if (found >= neededMs) return { done: true, text: `namespace ${namespace}: ${retention}` };
  const command = `temporal operator namespace update --namespace ${namespace} --retention ${hours(Math.max(RETENTION, neededMs))}`;
  const why = `and its webhooks may be tried for ${hours(neededMs)}: ${command}`;
  return { done: false, text: `namespace ${namespace}: ${retention}, ${why}` };
}

async function checkSearchAttributes({ connection, options }: Client, check: boolean): Promise<Finding> {
  const { namespace } = options;
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return { done: true, text: 'search attributes: all there' };
  const names = missing.map(({ name }) => name).join(', ');
  if (check) return { done: false, text: `search attributes: missing ${names}; setup registers them` };
  try {
    await registerSearchAttributes(connection, namespace);
    return { done: true, text: `search attributes: registered ${names}` };
  } catch (error) {
    // Of another type, or on a service where only its own command may do it.
    const why = error instanceof Error ? error.message : String(error);
    const flags = missing.map(({ name, type }) => `--name ${name} --type ${type}`).join(' ');
    const command = `temporal operator search-attribute create --namespace ${namespace} ${flags}`;
    return { done: false, text: `search attributes: missing ${names} (${why}): ${command}` };
  }
}

const UNTRIED: Finding = {
  done: undefined,
  text: 'priorities: told by a trial only, which starts a workflow and deletes it: setup without --check makes it',
};

/** No answer of a server tells fairness. */
const FAIRNESS: Finding = {
  done: undefined,
  text: 'fairness: the server does not tell; it needs matching.enableFairness: true in its dynamic configuration',
};

async function checkPriorities(client: Client): Promise<Finding> {
  const set = 'set matching.useNewMatcher: true in its dynamic configuration';
  const heeded = await heedsPriorities(client);
  if (heeded === undefined) return { done: undefined, text: `priorities: the server does not tell; ${set}` };
  return heeded
    ? { done: true, text: 'priorities: heeded' }
    : { done: false, text: `priorities: the server takes them and does not heed them: ${set}` };
}

function hours(ms: number): string {
  return `${String(Math.ceil(ms / HOUR))}h`;
}
