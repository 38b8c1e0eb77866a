/**
 * Who of the jobs of one pipeline may run (`concurrentPipelines`): who has a place, and who waits for one. A job takes its
 * place before it is there, so that two that start at once are counted, and gives it back at its end; what has ended
 * without a word is found out by whoever keeps this.
 */
import { arrayOf, boolean, integer, object, string, type Check } from './checks';
import { invalid } from './errors';
import { MAX_CONCURRENT } from './shape';

/** A job that wants to run. */
export interface PlaceRequest {
  readonly jobId: string;
  /** How many may run at a time, as the job was started with. */
  readonly amount: number;
}

/** What a job itself asks. */
export interface EntryRequest extends PlaceRequest {
  /** Whether it is refused where there is no place; otherwise it waits. */
  readonly rejectOnFailure: boolean;
}

/** How a job is answered that asks for a place. */
export type Admission = 'admitted' | 'rejected';

/** As JSON: what a run of the workflow that keeps it hands to the next. */
export interface PlacesState {
  /** What all ids begin with, which the others then lack: ids of one pipeline's jobs do so with its name. */
  readonly prefix: string;
  readonly holders: readonly (readonly [jobId: string, since: number, entered: boolean])[];
  readonly waiting: readonly (readonly [jobId: string, amount: number, since: number, entered: boolean])[];
}

/** What was found out of jobs that have a place. */
export interface Findings {
  /** Their workflows have ended. */
  readonly ended: readonly string[];
  /** There is no such workflow. */
  readonly missing: readonly string[];
}

/** A job that was not started for so long after its place was taken is not coming. In milliseconds. */
export const COMING_MS = 30_000;
/** So many wait in order; others ask again later. What is kept must fit into a payload of Temporal's. */
const MAX_WAITING = 5_000;
/** How many of those that wait and were not seen yet are looked after at a time. */
const MAX_LOOKED_AFTER = 100;

/** HKube's text. */
export function limitReached(amount: number | undefined): string {
  return `maximum number [${String(amount)}] of concurrent pipelines has been reached`;
}

interface Holder {
  /** When it was first heard of. Epoch milliseconds. */
  readonly since: number;
  /** Whether the job itself has asked. */
  readonly entered: boolean;
}

interface Waiting extends Holder {
  readonly amount: number;
}

export class Places {
  private readonly holders: Map<string, Holder>;
  /** In the order in which they are admitted. */
  private readonly waiting: Map<string, Waiting>;

  constructor({ prefix, holders, waiting }: PlacesState = { prefix: '', holders: [], waiting: [] }) {
    this.holders = new Map(holders.map(([rest, since, entered]) => [prefix + rest, { since, entered }]));
    this.waiting = new Map(
      waiting.map(([rest, amount, since, entered]) => [prefix + rest, { amount, since, entered }]),
    );
  }

  get isEmpty(): boolean {
    return this.holders.size === 0 && this.waiting.size === 0;
  }

  get hasWaiting(): boolean {
    return this.waiting.size > 0;
  }

  has(jobId: string): boolean {
    return this.holders.has(jobId);
  }

  /**
   * Takes a place where there is one, or is asked for a second time. Whoever waits goes first.
   *
   * @param entered whether the job itself asks
   * @returns whether it has one
   */
  take({ jobId, amount }: PlaceRequest, entered: boolean, now: number): boolean {
    const held = this.holders.get(jobId);
    if (held === undefined && this.holders.size + this.waiting.size >= amount) return false;
    this.holders.set(jobId, { since: held?.since ?? now, entered: entered || held?.entered === true });
    return true;
  }

  /** Waits for a place, behind those that wait already; asked for a second time it keeps what it has. */
  lineUp({ jobId, amount }: PlaceRequest, entered: boolean, now: number): void {
    const held = this.holders.get(jobId);
    if (held !== undefined) {
      this.holders.set(jobId, { ...held, entered: entered || held.entered });
      return;
    }
    const known = this.waiting.get(jobId);
    if (known === undefined && this.waiting.size >= MAX_WAITING) return;
    this.waiting.set(jobId, {
      amount: known?.amount ?? amount,
      since: known?.since ?? now,
      entered: entered || known?.entered === true,
    });
  }

  /**
   * Gives the places that are free to those that wait, in their order: the first that finds none keeps all others back.
   *
   * @returns those of them that have asked themselves, and are to be told
   */
  admit(): string[] {
    const admitted: string[] = [];
    for (const [jobId, { amount, since, entered }] of this.waiting) {
      if (this.holders.size >= amount) break;
      this.waiting.delete(jobId);
      this.holders.set(jobId, { since, entered });
      if (entered) admitted.push(jobId);
    }
    return admitted;
  }

  /** Gives back what the job has, be it a place or its turn. */
  leave(jobId: string): void {
    this.holders.delete(jobId);
    this.waiting.delete(jobId);
  }

  /** Whose ends nobody may have told: those that have a place, and those whose turn may come though they never do. */
  toLookAfter(now: number): string[] {
    const late = [...this.waiting].filter(([, { since, entered }]) => !entered && now - since > COMING_MS);
    return [...this.holders.keys(), ...late.slice(0, MAX_LOOKED_AFTER).map(([jobId]) => jobId)];
  }

  note({ ended, missing }: Findings, now: number): void {
    for (const jobId of ended) this.leave(jobId);
    for (const jobId of missing) {
      const found = this.holders.get(jobId) ?? this.waiting.get(jobId);
      if (found !== undefined && now - found.since > COMING_MS) this.leave(jobId);
    }
  }

  toState(): PlacesState {
    const prefix = commonPrefix([...this.holders.keys(), ...this.waiting.keys()]);
    const rest = (jobId: string): string => jobId.slice(prefix.length);
    return {
      prefix,
      holders: [...this.holders].map(([jobId, { since, entered }]) => [rest(jobId), since, entered] as const),
      waiting: [...this.waiting].map(
        ([jobId, { amount, since, entered }]) => [rest(jobId), amount, since, entered] as const,
      ),
    };
  }
}

/** As far as the first and the last in their order agree, all between them do. */
function commonPrefix(texts: readonly string[]): string {
  const first = texts.reduce(least, texts[0] ?? '');
  const last = texts.reduce(most, '');
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return first.slice(0, length);
}

function least(one: string, other: string): string {
  return other < one ? other : one;
}

function most(one: string, other: string): string {
  return other > one ? other : one;
}

const requestFields = { jobId: string({ min: 1, max: 1_000 }), amount: integer(1, MAX_CONCURRENT) };
const placeCheck = object(requestFields, { required: ['jobId', 'amount'] });
const entryCheck = object(
  { ...requestFields, rejectOnFailure: boolean },
  { required: ['jobId', 'amount', 'rejectOnFailure'] },
);

const tuple =
  (...checks: readonly Check[]): Check =>
  (value, at) => {
    if (!Array.isArray(value) || value.length !== checks.length) throw invalid(`${at} should be a list`);
    checks.forEach((check, index) => {
      check(value[index], `${at}[${String(index)}]`);
    });
  };
const time = integer(0);
const stateCheck = object(
  {
    prefix: string(),
    holders: arrayOf(tuple(string(), time, boolean)),
    waiting: arrayOf(tuple(string(), requestFields.amount, time, boolean)),
  },
  { required: ['prefix', 'holders', 'waiting'], closed: true },
);

/** @throws PipelineError `InvalidPipeline` for what somebody has sent by hand */
export function checkPlace(given: unknown): asserts given is PlaceRequest {
  placeCheck(given, 'request');
}

/** @throws PipelineError `InvalidPipeline` for what somebody has sent by hand */
export function checkEntry(given: unknown): asserts given is EntryRequest {
  entryCheck(given, 'request');
}

/** @throws PipelineError `InvalidPipeline` for what somebody has started by hand */
export function checkPlaces(given: unknown): asserts given is PlacesState {
  stateCheck(given, 'places');
}
