/** What runs a stored pipeline by itself: the end of other pipelines, and the clock (`hkube-engine.md` §8). */
import { invalid, PipelineError } from './errors';

/** Of a stored pipeline. */
export interface Triggers {
  /** The names of pipelines: it runs whenever a job of one of them has completed. */
  readonly pipelines?: readonly string[];
  /** It runs at these times. */
  readonly cron?: CronTrigger;
}

/** The times at which a pipeline runs. */
export interface CronTrigger {
  /** Five fields, or six with seconds before them, in UTC. */
  readonly pattern: string;
  /** Default false: it does not run. */
  readonly enabled?: boolean;
}

/** A stored pipeline by its name, and what runs it. */
export interface Triggered {
  readonly name: string;
  readonly triggers: Triggers;
}

/** What of the cron patterns of HKube's users is not run when they would expect it; see `countsMonths`. */
export const MONTHS_RULE = 'should name its months (jan to dec): HKube counts them from 0, others from 1';

export const CRON_DEFAULT = '0 * * * *';

/** A pipeline and those that it triggers. */
export interface TriggersTree {
  readonly name: string;
  readonly children: readonly TriggersTree[];
}

const CYCLIC = 'the pipelines triggers is cyclic';

/**
 * Refuses a pipeline that would trigger itself, by way of others or not.
 *
 * @param stored all that are stored; the one of its name is passed over
 * @throws PipelineError `InvalidPipeline` with the cycle as its details, each triggering the next
 */
export function refuseTriggerCycle(
  { name, triggers }: Partial<Triggered> & { readonly name: string },
  stored: readonly Triggered[],
): void {
  const parentsOf = new Map(stored.map((one) => [one.name, one.triggers.pipelines ?? []]));
  parentsOf.set(name, triggers?.pipelines ?? []);
  // The way from each that was found to the pipeline itself.
  const next = new Map<string, string>();
  const found = [name];
  for (const one of found) {
    for (const parent of parentsOf.get(one) ?? []) {
      if (parent === name) throw invalid(CYCLIC, wayFrom(name, one, next));
      if (next.has(parent)) continue;
      next.set(parent, one);
      found.push(parent);
    }
  }
}

function wayFrom(name: string, first: string, next: ReadonlyMap<string, string>): string[] {
  const cycle = [name];
  for (let one: string | undefined = first; one !== undefined && one !== name; one = next.get(one)) cycle.push(one);
  return [...cycle, name];
}

/** So many names are answered: where ways part and meet again, a tree has a name many times. */
const MAX_TREE = 10_000;

/**
 * Who triggers whom.
 *
 * @param name of the root; without it each that nobody triggers is one
 * @throws PipelineError `InvalidPipeline`, `NotFound`
 */
export function triggersTree(stored: readonly Triggered[], name?: string): TriggersTree[] {
  const childrenOf = new Map<string, string[]>();
  const triggered = new Set<string>();
  const listed = stored.filter(({ triggers }) => (triggers.pipelines ?? []).length > 0);
  if (listed.length === 0) throw invalid('unable to find any pipeline with triggers');
  for (const { name: child, triggers } of listed) {
    triggered.add(child);
    childrenOf.set(child, childrenOf.get(child) ?? []);
    for (const parent of triggers.pipelines ?? []) {
      childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), child]);
    }
  }
  refuseCycles(childrenOf);
  if (name !== undefined && !childrenOf.has(name)) {
    throw new PipelineError('NotFound', `triggers tree ${name} Not Found`);
  }
  const roots = name === undefined ? [...childrenOf.keys()].filter((one) => !triggered.has(one)) : [name];
  return grow(roots, childrenOf);
}

/** Without recursion, as a chain may be of any length. */
function grow(roots: readonly string[], childrenOf: ReadonlyMap<string, readonly string[]>): TriggersTree[] {
  const top: TriggersTree[] = [];
  const pending: [names: readonly string[], into: TriggersTree[]][] = [[roots, top]];
  let count = 0;
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    const [names, into] = one;
    for (const name of names) {
      if (++count > MAX_TREE) throw invalid(`the triggers tree has more than ${String(MAX_TREE)} names`);
      const children: TriggersTree[] = [];
      into.push({ name, children });
      pending.push([childrenOf.get(name) ?? [], children]);
    }
  }
  return top;
}

/** Takes away whoever nobody that is left triggers; what can not be taken away is in a cycle, or behind one. */
function refuseCycles(childrenOf: ReadonlyMap<string, readonly string[]>): void {
  const waiting = new Map([...childrenOf.keys()].map((name) => [name, 0]));
  for (const child of [...childrenOf.values()].flat()) waiting.set(child, (waiting.get(child) ?? 0) + 1);
  const free = [...waiting].filter(([, count]) => count === 0).map(([name]) => name);
  for (const name of free) {
    waiting.delete(name);
    for (const child of childrenOf.get(name) ?? []) {
      const left = (waiting.get(child) ?? 0) - 1;
      waiting.set(child, left);
      if (left === 0) free.push(child);
    }
  }
  if (waiting.size > 0) throw invalid(CYCLIC, [...waiting.keys()]);
}
