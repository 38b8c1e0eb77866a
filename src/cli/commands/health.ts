/** `temporal-pipelines health`: one look from outside, for the health checks of containers. */
import { hostname } from 'node:os';
import { urlOf, type Config } from '../../config';
import { connect } from '../../temporal/connection';
import { isServed } from '../../temporal/pollers';

/** Which of the two processes is asked, and what; without any the facade is asked whether it is ready. */
export interface HealthFlags {
  /** Only whether the facade's process answers, whatever it needs. */
  readonly live?: boolean | undefined;
  /** Whether Temporal has seen the worker of this machine in the last 70 s. */
  readonly worker?: boolean | undefined;
}

const ANSWER_WITHIN = 5_000;

/**
 * @returns what is well, in one line
 * @throws Error that says in one line what is not
 */
export async function health(config: Config, { live, worker }: HealthFlags): Promise<string> {
  return worker === true
    ? await askTemporal(config.taskQueue)
    : await ask(config, live === true ? 'healthz' : 'readyz');
}

async function ask({ host, port }: Config, path: string): Promise<string> {
  const url = `${urlOf(host, port)}/${path}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN) }).catch((error: unknown) => {
    throw new Error(`${url} does not answer`, { cause: error });
  });
  const text = `${url} answers ${String(answer.status)}: ${await answer.text()}`;
  if (!answer.ok) throw new Error(text);
  return text;
}

/** A worker names itself `<pid>@<host name>` to the server, which is all that can be asked about it. */
async function askTemporal(taskQueue: string): Promise<string> {
  const client = await connect();
  try {
    const own = `@${hostname()}`;
    const seen = await isServed(client, taskQueue, 'workflow', (identity) => identity.endsWith(own));
    const text = `a worker ${own} of ${taskQueue} was${seen ? '' : ' not'} seen in the last 70 s`;
    if (!seen) throw new Error(text);
    return text;
  } finally {
    await client.connection.close();
  }
}
