/** Who uses a stored algorithm: pipelines that are stored, and jobs that run. */
import type { JobHandle, PipelineClient } from '../client';
import { PipelineError } from '../domain/errors';
import type { Store } from '../store/store';
import { eachStored } from './each-stored';
import { findOrNone, removePipeline } from './remove-pipeline';
import { stopAll } from './stop-jobs';

interface Options {
  readonly pipelines: PipelineClient;
  readonly store: Store;
}

interface Users {
  readonly stored: readonly string[];
  readonly running: readonly JobHandle[];
}

/** How many are named in a text. */
const MAX_NAMED = 100;

/**
 * @throws PipelineError `WrongState` where there are any; its details are the jobs
 */
export async function refuseUsed(options: Options, name: string): Promise<void> {
  const { stored, running } = await usersOf(options, name);
  const jobIds = running.map(({ jobId }) => jobId);
  const users = counted([
    ['pipelines', stored],
    ['executions', jobIds],
  ]);
  if (users === '') return;
  throw new PipelineError(
    'WrongState',
    `algorithm ${name} is stored in ${users}. you must first delete all related data or use the force flag`,
    jobIds,
  );
}

/** @returns what was deleted and stopped, for a message */
export async function removeUsers(options: Options, name: string): Promise<string> {
  const { stored, running } = await usersOf(options, name);
  const { stopped } = await stopAll(running, `algorithm ${name} was deleted`);
  for (const pipeline of stored) await removePipeline(options, pipeline);
  const removed = counted([
    ['pipelines', stored],
    ['executions', stopped],
  ]);
  return removed === '' ? '' : `. related data deleted: ${removed}`;
}

async function usersOf({ pipelines, store }: Options, name: string): Promise<Users> {
  const [stored, running] = await Promise.all([
    storedUsersOf(store, name),
    findOrNone(() => pipelines.find({ algorithmName: name })),
  ]);
  return { stored, running };
}

async function storedUsersOf({ pipelines }: Store, name: string): Promise<string[]> {
  const users: string[] = [];
  for await (const { definition } of eachStored(pipelines)) {
    if (definition.nodes.some(({ algorithmName }) => algorithmName === name)) users.push(definition.name);
  }
  return users;
}

function counted(groups: readonly (readonly [what: string, names: readonly string[]])[]): string {
  return groups
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `${String(names.length)} ${what} (${names.slice(0, MAX_NAMED).join(', ')})`)
    .join(', ');
}
