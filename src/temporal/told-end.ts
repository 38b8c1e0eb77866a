/** What was told already of the end of a job that was ended from outside, and what is missing. */
import type { Client } from '@temporalio/client';
import type { WebhookKind } from '../domain/delivery';
import { missingSequences, type OwnAttempts, type Sequences, type Webhooks } from '../domain/untold';
import { readHandedOver, readTaken, type HandedOver } from './handed-over';
import type { LastProgress } from './last-progress';
import { readOwnAttempts } from './own-attempts';
import type { KnownRun } from './started-job';

const KINDS = ['progress', 'result'] as const satisfies readonly WebhookKind[];

export interface ToldEnd {
  /** What was handed over to deliveries, by these runs of the job or by another job of its id. */
  readonly handed: Readonly<Partial<Record<WebhookKind, HandedOver>>>;
  /** The numbers of what the job has delivered itself. */
  readonly taken: Sequences;
  /** What it was to deliver itself when it was ended. */
  readonly attempts: OwnAttempts;
}

/** @param firstRunId of the job's runs */
export async function readToldEnd(client: Client, run: KnownRun, firstRunId: string): Promise<ToldEnd> {
  const [attempts, ...found] = await Promise.all([
    readOwnAttempts(client, run, firstRunId),
    ...KINDS.map(async (kind) => ({
      kind,
      handed: await readHandedOver(client, run.workflowId, firstRunId, kind),
      taken: await readTaken(client, run, firstRunId, kind),
    })),
  ]);
  const handed: Partial<Record<WebhookKind, HandedOver>> = {};
  const taken: Partial<Record<WebhookKind, number>> = {};
  for (const { kind, handed: given, taken: own } of found) {
    if (given !== undefined) handed[kind] = given;
    if (own !== undefined) taken[kind] = own.record.sequence;
  }
  return { handed, taken, attempts };
}

/**
 * @param last the last number given to a progress event before
 * @returns the number of each delivery that is missing; what its job has begun to send keeps its own
 */
export function untoldSequences(webhooks: Webhooks, { handed, taken, attempts }: ToldEnd, last: number): Sequences {
  const { progress, result } = handed;
  const deliveries: Sequences = {
    ...taken,
    ...(result?.isOwn === true && { result: result.event?.sequence ?? 0 }),
    ...(progress?.isOwn === true && { progress: progress.event?.sequence ?? last }),
  };
  const begun: Partial<Record<WebhookKind, number>> = {};
  for (const kind of KINDS) {
    const attempt = attempts[kind];
    if (attempt !== undefined && deliveries[kind] === undefined) begun[kind] = attempt.sequence;
  }
  return { ...missingSequences(webhooks, { last, deliveries: { ...begun, ...deliveries } }), ...begun };
}

/** A progress attempt that may take longer is not waited for. */
const LONGEST_PENDING_MS = 20_000;

/**
 * When the last attempt of its own is over, if one may be in flight.
 *
 * @param closedAt epoch milliseconds, as what it returns
 */
export function quietAfter(closedAt: number, { pendingMs }: LastProgress, attempts: OwnAttempts): number | undefined {
  const ends = KINDS.flatMap((kind) => attempts[kind]?.inFlightUntil ?? []);
  if (pendingMs !== undefined) ends.push(closedAt + pendingMs);
  return ends.length === 0 ? undefined : Math.min(Math.max(...ends), closedAt + LONGEST_PENDING_MS);
}
