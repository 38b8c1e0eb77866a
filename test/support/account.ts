/**
 * A second, simpler account of a job that is kept beside the engine's: what each outcome that is delivered to the engine
 * means by contract §4 and §6. Whatever the pipeline and the order of events, the two must agree.
 */
import { expect } from 'chai';
import { isFailure, type ItemOutcome } from '../../src/domain/block';
import { batchId } from '../../src/domain/events';
import { isEnded, type NodeState } from '../../src/domain/job';
import { allTasks, finishedTasks, formatProgress } from '../../src/domain/progress';
import type { RunBlock } from '../../src/domain/hand-out';
import { Engine, itemsOf, MAX_TURNS, type Item } from './engine';

export type OutcomeKind = 'ok' | 'error' | 'final';

export interface Step {
  readonly kind: 'end' | 'lose' | 'give back' | 'share' | 'take' | 'pass' | 'pause' | 'resume' | 'continue';
  /** Which of the running blocks, and how much of it. */
  readonly pick: number;
  /** Of the block's items, over and over. */
  readonly outcomes: readonly OutcomeKind[];
}

export interface Scenario {
  readonly document: { readonly options: { readonly batchTolerance: number } };
  readonly window: number;
  /** Of the job's settings. */
  readonly version: number;
  /** Whether batch workflows run its blocks. */
  readonly isWide: boolean;
  /** Whether outcomes lie in blobs. */
  readonly stores: boolean;
  readonly steps: readonly Step[];
  /** The step before which the job is stopped. */
  readonly stopAt: number | null;
  /** What happens after the steps, over and over, until the job has ended. */
  readonly rest: readonly Step[];
}

export function taskKey({ plan }: NodeState, index: number): string {
  return plan.isBatch ? batchId(plan.nodeName, index) : plan.nodeName;
}

/** Runs a scenario to its end. */
export class Account {
  readonly engine: Engine;
  /** What a subscriber at info is told: statuses, and the tasks of warnings. */
  readonly told: string[] = [];
  readonly warnings: string[] = [];
  readonly ended = new Map<string, ItemOutcome>();
  private readonly seen = new Set<RunBlock>();
  /** What blocks have told of their first items while they went on, by block. */
  private readonly toldEarly = new Map<number, readonly ItemOutcome[]>();
  private runs = 0;

  constructor(private readonly scenario: Scenario) {
    const { document, window, version, stores, isWide } = scenario;
    this.engine = new Engine(document, { window, version }, stores);
    if (isWide) this.engine.job.batches.isInUse = true;
    this.tell('pending');
    this.tell('active');
    this.engine.start();
    this.check();
  }

  finish(): this {
    const { steps, stopAt, rest } = this.scenario;
    const last: Step = { kind: 'end', pick: 0, outcomes: ['ok'] };
    const turns = [...rest, last];
    const inHand = () => this.engine.running.length > 0 && !isEnded(this.engine.job);
    for (let turn = 0; turn <= steps.length || inHand(); turn++) {
      if (turn > MAX_TURNS) throw new Error('the job does not end');
      if (turn === stopAt) this.stop();
      if (turn === steps.length) this.act({ ...last, kind: 'resume' });
      this.act(steps[turn] ?? turns[turn % turns.length] ?? last);
    }
    this.engine.drain();
    return this;
  }

  private stop(): void {
    if (!isEnded(this.engine.job)) this.tell('stopped');
    this.engine.apply({ type: 'stop', reason: 'enough' });
    this.check();
  }

  private act({ kind, pick, outcomes: kinds }: Step): void {
    const { engine } = this;
    const { job, running } = engine;
    const block = running[pick % Math.max(1, running.length)];
    engine.now += pick % 700;
    if (kind === 'take') engine.take();
    else if (kind === 'continue') this.continueRun({ kind: 'end', pick, outcomes: kinds });
    else if (kind === 'pass') engine.pass(pick % 5_000);
    else if (kind === 'pause' || kind === 'resume') {
      if (job.status === (kind === 'pause' ? 'active' : 'paused')) this.tell(kind === 'pause' ? 'paused' : 'resumed');
      engine.apply({ type: kind });
    } else if (kind === 'share') {
      if (block?.input.shared !== undefined) this.share(block, pick, kinds);
    } else if (block !== undefined) {
      const items = itemsOf(block);
      const early = this.toldEarly.get(block.blockId) ?? [];
      const outcomes = items.map(
        (item, position) => early[position] ?? this.outcome(item, kinds[position % kinds.length]),
      );
      const known = kind === 'end' ? outcomes : outcomes.slice(0, Math.max(early.length, pick % (items.length + 1)));
      if (kind === 'lose') {
        const reported = known.map((outcome, position) => (position % 2 === pick % 2 ? outcome : null));
        const error = `lost ${String(block.blockId)}`;
        items.forEach((item, position) => {
          if (position < early.length) return;
          const outcome = reported[position];
          this.account(item, outcome ?? { error }, outcome == null ? 'crash' : 'error');
        });
        engine.lose(
          block,
          error,
          pick % 3 === 0 && reported.every((outcome) => outcome === null) ? undefined : reported,
        );
      } else {
        items.slice(0, known.length).forEach((item, position) => {
          if (position >= early.length) this.account(item, known[position], 'error');
        });
        engine.end(block, ...known);
      }
    }
    this.check();
  }

  /** Some of a block's items have begun, maybe all, of which the first have ended. */
  private share(block: RunBlock, pick: number, kinds: readonly OutcomeKind[]): void {
    const items = itemsOf(block);
    const begun = 1 + (pick % items.length);
    const ended = items
      .slice(0, pick % (begun + 1))
      .map((item, position) => this.outcome(item, kinds[position % kinds.length]));
    ended.forEach((outcome, position) => {
      const item = items[position];
      if (item !== undefined) this.account(item, outcome, 'error');
    });
    this.toldEarly.set(block.blockId, ended);
    this.seen.add(this.engine.share(block, begun, ...ended));
  }

  /** As the workflow does it: the blocks of its own end, then the job goes on from its snapshot. */
  private continueRun(step: Step): void {
    const { engine } = this;
    engine.apply({ type: 'drain' });
    const hasOwn = () => engine.running.some(({ batch }) => batch === undefined);
    while (hasOwn() && !isEnded(engine.job)) this.act(step);
    if (!isEnded(engine.job)) engine.continueRun();
  }

  private outcome({ nodeName, batchIndex = 0, attempt }: Item, kind: OutcomeKind = 'ok'): ItemOutcome {
    const token = `${nodeName}#${String(batchIndex)} run ${String(attempt)} (${String(++this.runs)})`;
    if (kind === 'ok') return { result: { token, list: [1, 2, 3].slice(this.runs % 4) } };
    return { error: token, ...(kind === 'final' && { final: true as const }) };
  }

  /** What an outcome means, told as the contract does. */
  private account(item: Item, outcome: ItemOutcome | undefined, cause: 'error' | 'crash'): void {
    const last = this.told.at(-1)?.split(' ')[1] ?? '';
    if (outcome === undefined || ['failed', 'stopped', 'completed'].includes(last)) return;
    const node = this.node(item.nodeName);
    const key = taskKey(node, (item.batchIndex ?? 1) - 1);
    if (!isFailure(outcome)) {
      this.ended.set(key, outcome);
      return;
    }
    const { policy, limit } = node.plan.retry;
    const covered = policy === 'Always' || policy === (cause === 'error' ? 'OnError' : 'OnCrash');
    if (covered && outcome.final === undefined && item.attempt <= limit) {
      this.warn(`warn ${key} pending ${outcome.error}`);
      return;
    }
    this.ended.set(key, outcome);
    const failed = [...this.ended].filter(
      ([id, ended]) => id.split('#')[0] === item.nodeName && isFailure(ended),
    ).length;
    const { batchTolerance } = this.scenario.document.options;
    if (!node.plan.isBatch || failed * 100 >= batchTolerance * node.width) this.told.push(`error failed`);
    else this.warn(`warn ${key} failed ${outcome.error}`);
  }

  private warn(text: string): void {
    this.told.push(text);
    this.warnings.push(text);
  }

  private tell(status: string): void {
    this.told.push(`info ${status}`);
  }

  private node(nodeName: string): NodeState {
    const found = this.engine.job.nodes.find(({ plan }) => plan.nodeName === nodeName);
    if (found === undefined) throw new Error(`no node ${nodeName}`);
    return found;
  }

  /** What holds after every event. */
  private check(): void {
    const { job, running } = this.engine;
    if (job.status === 'completed' && this.told.at(-1) !== 'info completed') this.tell('completed');
    const widths = job.nodes.map((node) => Math.max(1, node.width));
    expect(job.nodes.map((node) => allTasks(node.counts))).to.deep.equal(widths);
    expect(allTasks(job.counts)).to.equal(widths.reduce((sum, width) => sum + width, 0));
    for (const counts of [job.counts, ...job.nodes.map((node) => node.counts)]) {
      expect(Math.min(...Object.values(counts))).to.be.at.least(0);
    }
    expect(formatProgress(job.counts) === '100.00').to.equal(finishedTasks(job.counts) === allTasks(job.counts));
    if (isEnded(job)) return;
    const inHand = running.flatMap((block) =>
      itemsOf(block)
        .slice(this.toldEarly.get(block.blockId)?.length ?? 0)
        .map((item) => `${item.nodeName}#${String(item.batchIndex)}`),
    );
    expect(new Set(inHand).size).to.equal(inHand.length);
    expect(job.counts.active).to.equal(inHand.length);
    for (const block of running.filter((candidate) => !this.seen.has(candidate))) {
      this.seen.add(block);
      expect(JSON.parse(JSON.stringify(block.input))).to.deep.equal(block.input);
      for (const { nodeName, batchIndex = 1 } of itemsOf(block)) {
        expect(this.ended.has(taskKey(this.node(nodeName), batchIndex - 1))).to.equal(false);
      }
    }
  }
}
