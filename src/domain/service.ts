/**
 * Whether anybody serves an algorithm, as far as the job can know it (contract §6, the last rule). Temporal tells a
 * workflow nothing of an activity before it has ended, so a job that waits has somebody look at the task queue.
 */
import type { Job, Service } from './job';

/** Has somebody look whether the queue of an algorithm is served. */
export interface FindWorkers {
  readonly kind: 'findWorkers';
  readonly algorithmName: string;
}

/** What a look at the task queue has shown. */
export interface WorkersSeen {
  /** Whether a worker asked the queue for work in the last 70 seconds. */
  readonly served: boolean;
  /** Whether a block that waits has been taken by now. */
  readonly started: boolean;
}

const FIRST_PROBE_MS = 1_000;
const LONGEST_PROBE_MS = 30_000;
const FIRST_LOOK_AGAIN_MS = 30_000;
const LONGEST_LOOK_MS = 600_000;

function serviceOf(job: Job, algorithmName: string): Service {
  let service = job.services.get(algorithmName);
  if (service === undefined) {
    service = { started: false, waitingSince: undefined, refused: false, looks: 0, nextAt: undefined };
    job.services.set(algorithmName, service);
  }
  return service;
}

function inFlight(job: Job, algorithmName: string): boolean {
  return [...job.blocks.values()].some(({ node }) => node.plan.algorithmName === algorithmName);
}

/** Whether a block of it may be handed out: after a refusal one by one, each at its time. */
export function mayAsk(job: Job, algorithmName: string, now: number): boolean {
  const service = job.services.get(algorithmName);
  if (service?.refused !== true) return true;
  return now >= (service.nextAt ?? 0) && !inFlight(job, algorithmName);
}

/** A block of it was handed out. */
export function noteAsked(job: Job, algorithmName: string, now: number): void {
  const service = serviceOf(job, algorithmName);
  if (service.started || service.waitingSince !== undefined) return;
  Object.assign(service, { waitingSince: now, looks: 0, nextAt: now + job.settings.algorithmWaitMs });
}

/** A block of it has begun. */
export function noteStarted(job: Job, algorithmName: string): void {
  Object.assign(serviceOf(job, algorithmName), {
    started: true,
    refused: false,
    waitingSince: undefined,
    nextAt: undefined,
    looks: 0,
  });
}

/** A block of it came back though nothing of it had begun, as in a pause. */
export function noteUntaken(job: Job, algorithmName: string): void {
  const service = serviceOf(job, algorithmName);
  if (service.refused || inFlight(job, algorithmName)) return;
  Object.assign(service, { waitingSince: undefined, nextAt: undefined, looks: 0 });
}

/** A worker that has it took a block of it, and nothing of it could begin for another reason. */
export function noteServed(job: Job, algorithmName: string): void {
  const { started } = serviceOf(job, algorithmName);
  noteStarted(job, algorithmName);
  serviceOf(job, algorithmName).started = started;
}

/** @returns whether it has been waited for long enough: the job fails */
export function noteRefused(job: Job, algorithmName: string, now: number): boolean {
  const service = serviceOf(job, algorithmName);
  if (!service.refused) service.looks = 0;
  service.refused = true;
  service.waitingSince ??= now;
  const giveUpAt = service.started ? Infinity : service.waitingSince + job.settings.algorithmWaitMs;
  const next = now + Math.min(FIRST_PROBE_MS * 2 ** service.looks++, LONGEST_PROBE_MS);
  service.nextAt = Math.min(next, giveUpAt);
  return now >= giveUpAt;
}

/** @param seen undefined where nobody could tell @returns whether the job fails */
export function noteSeen(job: Job, algorithmName: string, seen: WorkersSeen | undefined, now: number): boolean {
  const service = serviceOf(job, algorithmName);
  // What was seen of a wait that is over tells nothing of the one that has begun since.
  if (service.nextAt !== Infinity) return false;
  if (seen?.started === true) {
    noteStarted(job, algorithmName);
    return false;
  }
  service.nextAt = now + Math.min(FIRST_LOOK_AGAIN_MS * 2 ** service.looks++, LONGEST_LOOK_MS);
  return seen?.served === false;
}

/** Those that have been waited for long enough to have somebody look. */
export function findUnserved(job: Job, now: number): FindWorkers[] {
  const due: FindWorkers[] = [];
  for (const [algorithmName, service] of job.services) {
    if (service.refused || service.nextAt === undefined || service.nextAt > now) continue;
    service.nextAt = Infinity;
    due.push({ kind: 'findWorkers', algorithmName });
  }
  return due;
}

/** When the next of them is due; infinite where none is. */
export function nextLook(job: Job): number {
  const probing = job.status === 'active' && !job.draining;
  let next = Infinity;
  for (const [algorithmName, { refused, nextAt }] of job.services) {
    // What was refused is asked for again by a block, of which there is one at most.
    if (nextAt === undefined || (refused && (!probing || inFlight(job, algorithmName)))) continue;
    next = Math.min(next, nextAt);
  }
  return next;
}
