/** What the routes of one kind of stored definitions do, whatever form they are asked in. */
import type { TSchema } from '@sinclair/typebox';
import { invalid, PipelineError } from '../domain/errors';
import { isJsonObject } from '../domain/json';
import type { Definitions, Stored } from '../store/store';
import { toAnswer } from './errors';
import { createValidator, type Validate } from './validation';

export interface Kind<T extends { readonly name: string }> {
  readonly kind: 'pipeline' | 'algorithm' | 'endpoint';
  readonly definitions: Definitions<T>;
  readonly schema: TSchema;
  /** Of what is answered. */
  readonly stored: TSchema;
  /** What an answer adds besides {@link ADDED}. */
  readonly added?: readonly string[];
  /**
   * @param document as the schema says
   * @returns what was asked for
   * @throws PipelineError
   */
  check(document: unknown): Promise<T>;
  /** What a change makes of the one that is there. Default: the one that was given. */
  replace?(current: T, given: T): T;
  /** What is stored of one. Default: all of it as it is. */
  complete?(definition: T): T;
  /** What is answered of what is stored. Default: all. */
  show?(definition: T): object;
}

/** In place of what could not be stored, in a list. */
export interface EntryError {
  readonly error: { readonly name?: string; readonly code: number; readonly message: string };
}

export interface AddOptions {
  readonly user: string;
  readonly overwrite?: boolean | undefined;
}

/** What an answer adds, which a caller may send back. */
const ADDED = ['version', 'modified', 'created', 'auditTrail'];

/** Of a list that is posted. */
export const MAX_ENTRIES = 1_000;

export class DefinitionService<T extends { readonly name: string }> {
  private readonly added: readonly string[];
  private readonly checkSchema: Validate<object>;

  constructor(readonly of: Kind<T>) {
    this.added = [...ADDED, ...(of.added ?? [])];
    this.checkSchema = createValidator(of.schema, { coerce: true });
  }

  /** As HKube shows it: its own keys first, then what is known of it. */
  present({ definition, version, modified, created, auditTrail }: Stored<T>): object {
    const { kind, show } = this.of;
    return {
      ...(show?.(definition) ?? definition),
      version,
      // Each in the order of HKube's.
      ...(kind === 'algorithm' ? { created, modified } : { modified, created }),
      ...(kind !== 'endpoint' && { auditTrail }),
    };
  }

  /** @throws PipelineError `NotFound` */
  async get(name: string): Promise<Stored<T>> {
    const found = await this.of.definitions.get(name);
    if (found === undefined) throw new PipelineError('NotFound', `${this.of.kind} ${name} Not Found`);
    return found;
  }

  async add(document: unknown, { user, overwrite = false }: AddOptions): Promise<Stored<T>> {
    const definition = this.complete(await this.parse(document));
    const { definitions } = this.of;
    return await (overwrite ? definitions.put(definition, user) : definitions.insert(definition, user));
  }

  /** @throws PipelineError `NotFound` where it is not stored */
  async change(document: unknown, user: string): Promise<Stored<T>> {
    const given = await this.parse(document);
    const { definitions, replace } = this.of;
    return await definitions.update(given.name, (current) => this.complete(replace?.(current, given) ?? given), user);
  }

  /** One after the other, so that the later one of a name finds the earlier. One that is refused keeps none of the others back. */
  async addEach<Answer>(
    documents: readonly unknown[],
    add: (document: unknown) => Promise<Answer>,
  ): Promise<(Answer | EntryError)[]> {
    if (documents.length > MAX_ENTRIES) throw invalid(`data should NOT have more than ${String(MAX_ENTRIES)} items`);
    const answers: (Answer | EntryError)[] = [];
    for (const document of documents) {
      try {
        answers.push(await add(document));
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error;
        const name = isJsonObject(document) ? document['name'] : undefined;
        const { code, message } = toAnswer(error);
        answers.push({ error: { ...(typeof name === 'string' && { name }), code, message } });
      }
    }
    return answers;
  }

  private async parse(document: unknown): Promise<T> {
    const definition = isJsonObject(document)
      ? Object.fromEntries(Object.entries(document).filter(([key]) => !this.added.includes(key)))
      : document;
    this.checkSchema(definition);
    return await this.of.check(definition);
  }

  private complete(definition: T): T {
    return this.of.complete?.(definition) ?? definition;
  }
}
