/** Plays the workflow's part without Temporal: runs a job's blocks and takes the events of its outbox, in made-up time. */
import { inputAt, type BlockHeartbeat, type ItemOutcome } from '../../src/domain/block';
import { fromRuns, toRuns } from '../../src/domain/index-runs';
import type { ProgressBody } from '../../src/domain/events';
import type { JobRecord } from '../../src/domain/job-record';
import { nextBody } from '../../src/domain/deferred';
import { createJob, isEnded, type Job } from '../../src/domain/job';
import type { Json } from '../../src/domain/json';
import { takeNext } from '../../src/domain/outbox';
import type { RunBlock } from '../../src/domain/hand-out';
import { reduce, type JobEvent } from '../../src/domain/schedule';
import { restoreJob, takeSnapshot, type JobSnapshot } from '../../src/domain/snapshot';
import { DEFAULT_SETTINGS, type JobSettings } from '../../src/domain/settings';
import { parsePipeline } from '../../src/domain/validate';
import type { KeepOutcomes } from '../../src/domain/keep';
import { entriesOf, keptOf, readForm, storeFlowInput, storeOutcomes } from './memory-blobs';

const START = Date.UTC(2018, 0, 16, 14, 47, 4, 142);

/** The version of jobs whose small blocks do not begin at once. */
export const BEFORE_AT_ONCE = 3;

/** A job that goes on for longer would go on for ever. */
export const MAX_TURNS = 100_000;

/** One task as the algorithm sees it. */
export interface Item {
  readonly nodeName: string;
  /** 1-based; absent where the node is no batch. */
  readonly batchIndex?: number;
  readonly attempt: number;
  readonly input: Json;
}

export function itemsOf({ input }: RunBlock): Item[] {
  const { nodeName, attempt } = input;
  const indexes = input.items === undefined ? [undefined] : fromRuns(input.items);
  const form = readForm(input.input);
  return indexes.map((batchIndex, position) => ({
    nodeName,
    ...(batchIndex !== undefined && { batchIndex }),
    attempt,
    input: inputAt(form, position),
  }));
}

export class Engine {
  job: Job;
  now = START;
  /** The blocks in Temporal's hands, in the order in which they were handed out. */
  readonly running: RunBlock[] = [];
  /** The algorithms whose workers somebody is to look for. */
  readonly looks: string[] = [];
  /** The outcomes that are to be written down, see {@link keep}. */
  readonly keeps: KeepOutcomes[] = [];
  /** What the receiver of the progress webhook got. */
  readonly received: ProgressBody[] = [];

  /**
   * @param stores whether its workers have a place for blobs, and keep all that they can there
   * @param short algorithms of which its workflow runs small blocks itself
   */
  constructor(
    document: unknown,
    settings: Partial<JobSettings> = {},
    private readonly stores = false,
    short: readonly string[] = [],
  ) {
    const whole = parsePipeline(document, { ...DEFAULT_SETTINGS, ...settings });
    const flowInput = stores ? storeFlowInput(whole) : undefined;
    const given = { ...DEFAULT_SETTINGS, ...settings, ...(flowInput && { flowInput }) };
    // The workflow has the pipeline without what lies in a blob.
    const { pipeline, plans } = parsePipeline(
      flowInput === undefined ? document : { ...whole.pipeline, flowInput: null },
      given,
    );
    const jobId = `${pipeline.name}:672a8b0e-c0b0-486e-bb2b-4571b0805f29`;
    this.job = createJob(jobId, pipeline, plans, given, this.now, new Set(short));
  }

  apply(event: JobEvent): void {
    for (const command of reduce(this.job, event, this.now)) {
      if (command.kind === 'runBlock') this.running.push(command);
      else if (command.kind === 'findWorkers') this.looks.push(command.algorithmName);
      else if (command.kind === 'keepOutcomes') this.keeps.push(command);
      else {
        const { head, parts } = command.draft;
        this.apply({ type: 'resultWritten', result: { results: { ...head, data: entriesOf(parts) } } });
      }
    }
  }

  /** Lets a block end as a foreign activity does: what it answers comes to the job, whatever its size. */
  endInline(block: RunBlock | string, ...outcomes: ItemOutcome[]): void {
    const { blockId } = this.release(block);
    this.apply({ type: 'blockEnded', blockId, outcome: { outcomes, durationMs: 1 } });
  }

  keepAll(): void {
    while (this.keeps.length > 0) this.keep();
  }

  /** Writes the first of them down, where the workers have a place for it. */
  keep(): void {
    const { input } = this.keeps.shift() ?? {};
    if (input === undefined) throw new Error('nothing is to be written down');
    this.apply({ type: 'outcomesKept', ...(this.stores && { kept: keptOf(input) }) });
  }

  /** Goes on in another run of the workflow, as the history of this one has grown long. */
  continueRun(): void {
    const { jobId, pipeline, settings, nodes, batches } = this.job;
    const snapshot = JSON.parse(JSON.stringify(takeSnapshot(this.job))) as JobSnapshot;
    this.job = restoreJob(
      jobId,
      pipeline,
      nodes.map(({ plan }) => plan),
      settings,
      snapshot,
    );
    if (batches.isInUse) this.apply({ type: 'widened' });
    this.apply({ type: 'continued' });
  }

  start(): this {
    this.apply({ type: 'started' });
    return this;
  }

  /** The running block that a person sees as `summary`. */
  find(summary: string): RunBlock {
    const found = this.running.find((block) => block.summary === summary);
    if (found === undefined) throw new Error(`${summary} is not among ${this.summaries().join(' ')}`);
    return found;
  }

  summaries(): string[] {
    return this.running.map((block) => block.summary);
  }

  /** Lets a block end with one outcome per item, or with fewer: the rest is given back. */
  end(block: RunBlock | string, ...outcomes: ItemOutcome[]): void {
    const { blockId, input } = this.release(block);
    const outcome = this.stores ? storeOutcomes(outcomes, input.elementsOf) : { outcomes, durationMs: 1 };
    this.apply({ type: 'blockEnded', blockId, outcome });
  }

  /** The same of a block that took so long. */
  endAfter(durationMs: number, block: RunBlock | string, ...outcomes: ItemOutcome[]): void {
    const { blockId } = this.release(block);
    this.apply({ type: 'blockEnded', blockId, outcome: { outcomes, durationMs } });
  }

  /** The worker that takes it does not have its algorithm. */
  refuse(block: RunBlock | string): void {
    const { blockId } = this.release(block);
    this.apply({ type: 'blockRefused', blockId });
  }

  /**
   * Lets the worker of a block die, after the heartbeat that is given.
   *
   * @param begun how many of its items had begun, where it could still tell
   */
  lose(block: RunBlock | string, error: string, outcomes?: BlockHeartbeat['outcomes'], begun?: number): void {
    const { blockId } = this.release(block);
    this.apply({
      type: 'blockLost',
      blockId,
      error,
      ...(outcomes !== undefined && { heartbeat: { outcomes } }),
      ...(begun !== undefined && { begun }),
    });
  }

  /** Lets a block come back unbegun, as its worker could not read its input. */
  unread(block: RunBlock | string, error: string, isGone: boolean): void {
    const { blockId } = this.release(block);
    this.apply({ type: 'blockUnread', blockId, error, isGone });
  }

  /** Lets a block that is shared go on with its first items, of which some have ended, and give the others back. */
  share(which: RunBlock | string, begun: number, ...outcomes: readonly ItemOutcome[]): RunBlock {
    const block = typeof which === 'string' ? this.find(which) : which;
    const { shared: _, ...input } = block.input;
    const items = toRuns(fromRuns(input.items ?? []).slice(0, begun));
    const kept = { ...block, input: { ...input, items } };
    this.running.splice(this.running.indexOf(block), 1, kept);
    const ended = outcomes.map((outcome, position) => [position, outcome] as const);
    this.apply({ type: 'restGivenBack', blockId: block.blockId, begun, ended });
    return kept;
  }

  private release(which: RunBlock | string): RunBlock {
    const block = typeof which === 'string' ? this.find(which) : which;
    this.running.splice(this.running.indexOf(block), 1);
    return block;
  }

  /** Runs what is running and what follows from it, first come first served. */
  run(outcomeOf: (item: Item) => ItemOutcome): this {
    let turns = 0;
    for (let block = this.running[0]; block !== undefined && !isEnded(this.job); block = this.running[0]) {
      if (++turns > MAX_TURNS) throw new Error('the job does not end');
      this.end(block, ...itemsOf(block).map(outcomeOf));
    }
    return this;
  }

  /** Takes the one event whose turn it is, as the workflow's sender does; once the job has ended, what it left. */
  take(): ProgressBody | undefined {
    const body = isEnded(this.job) ? this.job.outbox.queue.shift() : this.takeDue();
    if (body !== undefined) this.received.push(body);
    return body;
  }

  /** Takes all that is due now. */
  drain(): this {
    while (this.take() !== undefined);
    return this;
  }

  /** Lets time pass, taking each event when it is due. */
  pass(ms: number): this {
    const end = this.now + ms;
    for (this.drain(); this.now < end; this.drain()) {
      const next = isEnded(this.job) ? undefined : takeNext(this.job.outbox, this.now);
      this.now = next?.kind === 'at' ? Math.min(next.time, end) : end;
    }
    return this;
  }

  record(): JobRecord {
    if (this.job.record === undefined) throw new Error(`the job is ${this.job.status}`);
    return this.job.record;
  }

  private takeDue(): ProgressBody | undefined {
    const next = takeNext(this.job.outbox, this.now);
    return next.kind === 'none' || next.kind === 'at' ? undefined : nextBody(this.job, next, this.now);
  }
}
