/** Which of a node's items ride in the next block (DESIGN.md, «runBlock»). */
import type { AlgorithmHome } from './algorithm-definition';
import { blockSize, LEAST_MS, WIDE, wideBlock, type Sizing } from './block-size';
import { blockSizeOf, homeOf } from './homes';
import type { Job, NodeState } from './job';
import { repeats } from './retry';
import { beginsAtOnce, fitsBlocks } from './settings';
import { sharingOf } from './share';
import { mayRunHere } from './short';
import { hasWaitAny } from './wait-any';

export interface TakenItems {
  readonly indexes: number[];
  readonly isSuspect?: boolean;
  /** The workflow may run them itself. */
  readonly isHere?: boolean;
  /** Others may be given a part of them, where there are several, when so many milliseconds have passed. */
  readonly sharedForMs?: number;
  /** See `BlockInput`. */
  readonly budgetMs?: number;
}

/** How many items of a node may go out now. */
export function waiting(job: Job, node: NodeState): number {
  const fresh = hasWaitAny(node.plan) ? node.released.length : node.width - node.next;
  const suspects = mayRunSuspect(job) ? node.suspects.length : 0;
  return fresh + node.givenBack.length + node.retries.length + suspects;
}

/** One at a time: of two that are lost together nobody could tell which one it was. */
function mayRunSuspect(job: Job): boolean {
  return [...job.blocks.values()].every(({ isSuspect }) => !isSuspect);
}

/** What has no algorithm is at home in every worker of ours. */
export function homeOfNode({ settings }: Job, { plan }: NodeState): AlgorithmHome | undefined {
  return plan.isOutput === true ? undefined : homeOf(settings.homes, plan.algorithmName);
}

/**
 * Alone ride those whose policy must know whether a lost block had begun them, and those of foreign activities, which take
 * one item each.
 */
export function takeItems(job: Job, node: NodeState, now: number): TakenItems {
  const { retry: rule } = node.plan;
  const home = homeOfNode(job, node);
  const alone = home?.kind === 'activity' || !repeats(rule, 'crash');
  if (node.retries.length > 0) return { indexes: takeRetries(node, alone ? 1 : mostRetries(job, node, home)) };
  const suspect = mayRunSuspect(job) ? node.suspects.shift() : undefined;
  if (suspect !== undefined) return { indexes: [suspect], isSuspect: true };
  if (mayRunHere(job, node, now)) return { indexes: takeWaiting(node, node.width), isHere: true };
  const fixed = blockSizeOf(home);
  if (!alone && fixed !== undefined) return { indexes: takeWaiting(node, fixed) };
  const remaining = waiting(job, node);
  const sharing = alone ? undefined : sharingOf(job, node, remaining);
  if (sharing !== undefined) return { indexes: takeWaiting(node, sharing.count), sharedForMs: sharing.forMs };
  const sizing = { remaining, inFlight: job.blocks.size, measured: node.measured };
  const { size, ...budget } = alone
    ? { size: 1 }
    : node.width > WIDE && job.hasWideBlocks()
      ? wideBlock(sizing)
      : { size: narrowBlock(job, node, sizing) };
  return { indexes: takeWaiting(node, size), ...budget };
}

function narrowBlock({ hasLeastWork, settings }: Job, { next }: NodeState, sizing: Sizing): number {
  return blockSize({ ...sizing, handedOut: next, hasLeastWork, tapers: fitsBlocks(settings) });
}

/** Of a block that is lost again all items run one at a time, so there must be few of them. */
const FEW = 8;

/** How many items ride together when they run again: a killed worker may leave thousands that take no time. */
function mostRetries({ settings }: Job, { measured }: NodeState, home: AlgorithmHome | undefined): number {
  if (!beginsAtOnce(settings) || measured.items === 0) return 1;
  const quick = Math.floor((LEAST_MS * measured.items) / measured.ms);
  return Math.max(1, Math.min(FEW, quick, blockSizeOf(home) ?? FEW));
}

/** Those of a block have been run equally often. */
function takeRetries({ retries, runs }: NodeState, most: number): number[] {
  const runsOf = (index: number | undefined): number => runs[index ?? 0] ?? 0;
  let count = 1;
  while (count < Math.min(most, retries.length) && runsOf(retries[count]) === runsOf(retries[0])) count++;
  return retries.splice(0, count).sort((one, other) => one - other);
}

/** Those that were given back go before those that were never handed out. */
function takeWaiting(node: NodeState, size: number): number[] {
  if (node.givenBack.length > 0) return node.givenBack.splice(0, size).sort((one, other) => one - other);
  if (hasWaitAny(node.plan)) {
    const released = node.released.splice(0, size);
    node.next += released.length;
    return released.sort((one, other) => one - other);
  }
  const count = Math.min(size, node.width - node.next);
  const first = node.next;
  node.next += count;
  return Array.from({ length: count }, (_, offset) => first + offset);
}
