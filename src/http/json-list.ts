/** Lists that may be long, as JSON that is written while they are read. */
import { asStream } from './route';

/** How many entries are made before any of it is sent. */
const AT_FIRST = 100;

/**
 * @param entries values, or JSON in pieces
 * @returns a list where it is short, or what a route answers a stream by. What goes wrong before that is a refusal as any
 */
export async function asList(entries: AsyncIterable<unknown>): Promise<unknown> {
  const iterator = entries[Symbol.asyncIterator]();
  const first: unknown[] = [];
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    first.push(next.value);
    if (first.length === AT_FIRST) return asStream(textOf(first, iterator));
  }
  return first.some(isText) ? asStream(textOf(first, iterator)) : first;
}

async function* textOf(first: readonly unknown[], rest: AsyncIterator<unknown>): AsyncGenerator<string | Buffer> {
  let before = '[';
  for (const entry of first) {
    yield before;
    yield* entryText(entry);
    before = ',';
  }
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    yield before;
    yield* entryText(next.value);
    before = ',';
  }
  yield ']';
}

async function* entryText(entry: unknown): AsyncGenerator<string | Buffer> {
  if (isText(entry)) yield* entry;
  else yield JSON.stringify(entry);
}

function isText(entry: unknown): entry is AsyncIterable<string | Buffer> {
  return typeof entry === 'object' && entry !== null && Symbol.asyncIterator in entry;
}
