/** Sees to it that a namespace knows our search attributes: a workflow that sets one it does not know retries for ever. */
import { isGrpcServiceError, type Client, type ConnectionLike } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes';

/** An attribute that cannot be used in a namespace. */
export interface MissingSearchAttribute {
  readonly name: string;
  /** `Keyword` or `KeywordList`, as the `temporal` command writes it. */
  readonly type: string;
  /** True where the name is there with another type, which only its owner can resolve. */
  readonly mistyped: boolean;
}

/** The server's codes of the types that we use, and the `temporal` command's words for them. */
const TYPES = {
  KEYWORD: { code: 2, word: 'Keyword' },
  KEYWORD_LIST: { code: 7, word: 'KeywordList' },
} as const;

const ALREADY_EXISTS = 6;
const VISIBLE_WITHIN = 30_000;

/** `Name=Type` of each attribute, as `temporal server start-dev --search-attribute` takes them. */
export function searchAttributeArguments(): string[] {
  return SEARCH_ATTRIBUTES.map(({ name, type }) => `${name}=${TYPES[type].word}`);
}

/** Which of our attributes the namespace does not have, or has with another type. */
export async function missingSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<readonly MissingSearchAttribute[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return SEARCH_ATTRIBUTES.flatMap(({ name, type }) => {
    const found: number | undefined = customAttributes[name];
    return found === TYPES[type].code ? [] : [{ name, type: TYPES[type].word, mistyped: found !== undefined }];
  });
}

/** Whether the namespace of a client has all of them. Once it has, it is not asked again. */
export async function hasSearchAttributes(client: Client): Promise<boolean> {
  if (complete.has(client)) return true;
  const isComplete = (await missingSearchAttributes(client.connection, client.options.namespace)).length === 0;
  if (isComplete) complete.add(client);
  return isComplete;
}

const complete = new WeakSet<Client>();

/**
 * Adds what is missing and waits until it can be used. Does nothing where all is there.
 *
 * @returns the names that were added
 * @throws an Error that names the attributes that exist with another type
 */
export async function registerSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<readonly string[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  const mistyped = missing.filter((attribute) => attribute.mistyped);
  if (mistyped.length > 0) {
    const wanted = mistyped.map(({ name, type }) => `${name} (must be ${type})`).join(', ');
    throw new Error(`search attributes of another type in namespace ${namespace}: ${wanted}`);
  }
  const names = missing.map(({ name }) => name);
  if (names.length === 0) return [];
  const wanted = SEARCH_ATTRIBUTES.filter(({ name }) => names.includes(name));
  await connection.operatorService
    .addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(wanted.map(({ name, type }) => [name, TYPES[type].code])),
    })
    .catch((error: unknown) => {
      // Somebody else, such as a second worker that starts, was faster.
      if (!isGrpcServiceError(error) || (error.code as number) !== ALREADY_EXISTS) throw error;
    });
  const deadline = Date.now() + VISIBLE_WITHIN;
  while ((await missingSearchAttributes(connection, namespace)).length > 0) {
    if (Date.now() > deadline) throw new Error(`search attributes do not appear in namespace ${namespace}`);
    await sleep(100);
  }
  return names;
}
