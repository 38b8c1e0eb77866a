/** What is kept of definitions. Executions are never here: they live in Temporal alone. */
import type { AlgorithmDefinition } from '../domain/algorithm-definition';
import type { StoredEndpoint } from '../domain/endpoint';
import type { Pipeline } from '../domain/pipeline';
import type { Triggered } from '../domain/triggers';

/** A definition as it is stored. */
export interface Stored<T> {
  readonly definition: T;
  /** Counts the changes, from 1. */
  readonly revision: number;
  /** Milliseconds since 1970, UTC. */
  readonly created: number;
  readonly modified: number;
}

export interface ListOptions {
  /** Names behind this one, in the order of their code points. Default: from the first. */
  readonly after?: string;
  /** At most so many. Default: all. */
  readonly limit?: number;
}

/** The definitions of one kind, by name. Each call is atomic, also between processes. */
export interface Definitions<T extends { readonly name: string }> {
  get(name: string): Promise<Stored<T> | undefined>;
  /** Those of `names` that are there, in one round trip. */
  getMany(names: readonly string[]): Promise<Stored<T>[]>;
  /** Ascending by name. */
  list(options?: ListOptions): Promise<Stored<T>[]>;
  /** @throws PipelineError `Conflict`, `<kind> <name> already exists` */
  insert(definition: T): Promise<Stored<T>>;
  /**
   * Puts what `change` makes of the current definition; no other writer comes between. Where nothing differs, nothing is
   * written and the revision stays.
   *
   * @param change must be pure: it is called again where another writer was first
   * @throws PipelineError `NotFound`, `<kind> <name> Not Found`; and what `change` throws
   */
  update(name: string, change: (current: T) => T): Promise<Stored<T>>;
  /** Inserts or replaces. */
  put(definition: T): Promise<Stored<T>>;
  /** @returns whether it was there */
  delete(name: string): Promise<boolean>;
}

/** What runs stored pipelines by itself. */
export interface StoredTriggers {
  /** @returns the names of the pipelines whose `triggers.pipelines` have that name, ascending */
  triggeredBy(name: string): Promise<string[]>;
  /** All that have triggers, ascending by name. */
  list(): Promise<Triggered[]>;
}

export interface Store {
  /** None triggers itself, by way of others or not: what would make it so is refused. */
  readonly pipelines: Definitions<Pipeline>;
  readonly triggers: StoredTriggers;
  readonly algorithms: Definitions<AlgorithmDefinition>;
  /** Their secret parts are encrypted. */
  readonly endpoints: Definitions<StoredEndpoint>;
  /** @throws where the database does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}
