/** What is kept of definitions. Executions are never here: they live in Temporal alone. */
import type { AlgorithmDefinition } from '../domain/algorithm-definition';
import type { StoredEndpoint } from '../domain/endpoint';
import type { Experiment } from '../domain/experiment';
import type { Pipeline } from '../domain/pipeline';
import type { Triggered } from '../domain/triggers';

/** A definition as it is stored. */
export interface Stored<T> {
  readonly definition: T;
  /** Counts the changes, from 1. */
  readonly revision: number;
  /** The id of its current version; of a kind without versions the revision. */
  readonly version: string;
  /** Milliseconds since 1970, UTC. */
  readonly created: number;
  readonly modified: number;
  /** Newest first, the last hundred; empty of a kind without versions. */
  readonly auditTrail: readonly AuditEntry[];
}

/** Who made a version the current one. */
export interface AuditEntry {
  readonly user: string;
  /** Milliseconds since 1970, UTC. */
  readonly timestamp: number;
  readonly version: string;
}

export interface ListOptions {
  /** Names behind this one, in the order of their code points; only with the order `name`. Default: from the first. */
  readonly after?: string;
  /** At most so many. Default: all. */
  readonly limit?: number;
  /** By name, or by when they were stored. Default: `name`. */
  readonly order?: 'name' | 'oldest' | 'newest';
}

/** The definitions of one kind, by name. Each call is atomic, also between processes. */
export interface Definitions<T extends { readonly name: string }> {
  get(name: string): Promise<Stored<T> | undefined>;
  /** Those of `names` that are there, in one round trip. */
  getMany(names: readonly string[]): Promise<Stored<T>[]>;
  /** Ascending by name, unless asked for otherwise. */
  list(options?: ListOptions): Promise<Stored<T>[]>;
  /**
   * @param user whose change it is. Default: `anonymous`
   * @throws PipelineError `Conflict`, `<kind> <name> already exists`
   */
  insert(definition: T, user?: string): Promise<Stored<T>>;
  /**
   * Puts what `change` makes of the current definition; no other writer comes between. Where nothing differs, nothing is
   * written and the revision stays.
   *
   * @param change must be pure: it is called again where another writer was first
   * @throws PipelineError `NotFound`, `<kind> <name> Not Found`; and what `change` throws
   */
  update(name: string, change: (current: T) => T, user?: string): Promise<Stored<T>>;
  /** Inserts or replaces. */
  put(definition: T, user?: string): Promise<Stored<T>>;
  /**
   * With its readme.
   *
   * @param keepVersions whether what it was can still be read, and is counted on from by a new one of that name. Default: true
   * @returns whether it was there
   */
  delete(name: string, options?: { readonly keepVersions?: boolean }): Promise<boolean>;
}

/** Definitions that remember what they were: each change is a version. */
export interface VersionedDefinitions<T extends { readonly name: string }> extends Definitions<T> {
  readonly versions: Versions<T>;
  readonly readmes: Readmes;
}

/** A definition as it was at some time. */
export interface Version<T> {
  readonly name: string;
  /** Counts those of a name, from 1. */
  readonly number: number;
  /** Ten characters of a–z and 0–9, of all versions of a kind only this one's. */
  readonly version: string;
  readonly definition: T;
  /** Milliseconds since 1970, UTC. */
  readonly created: number;
  readonly createdBy: string;
  readonly labels: VersionLabels;
}

/** What people put on a version. */
export interface VersionLabels {
  readonly alias?: string;
  readonly tags?: readonly string[];
  readonly pinned?: boolean;
}

/** Where no definition has the name, and where it has no such version, each call but `list` throws `NotFound`. */
export interface Versions<T> {
  /** Newest first; none where nobody knows the name. */
  list(name: string, limit: number): Promise<Version<T>[]>;
  get(name: string, version: string): Promise<Version<T>>;
  /** Makes it what is stored. Where it is already, nothing is written. */
  apply(name: string, version: string, user?: string): Promise<Version<T>>;
  /** Those that are not given stay. */
  label(name: string, version: string, labels: VersionLabels): Promise<Version<T>>;
  /** @throws PipelineError `WrongState` where it is the current one */
  delete(name: string, version: string): Promise<void>;
}

export interface Readmes {
  get(name: string): Promise<string | undefined>;
  /** @throws PipelineError `NotFound`, `<kind> <name> Not Found`, where there is no definition of that name */
  put(name: string, readme: string): Promise<void>;
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
  readonly pipelines: VersionedDefinitions<Pipeline>;
  readonly triggers: StoredTriggers;
  readonly algorithms: VersionedDefinitions<AlgorithmDefinition>;
  /** Their secret parts are encrypted. */
  readonly endpoints: Definitions<StoredEndpoint>;
  /** `main` is always there. */
  readonly experiments: Definitions<Experiment>;
  /** @throws where the database does not answer */
  ping(): Promise<void>;
  close(): Promise<void>;
}
