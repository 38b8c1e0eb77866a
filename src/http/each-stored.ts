/** All definitions of a kind, a page at a time: they are never in memory together. */
import type { Definitions, Stored } from '../store/store';

const PAGE = 500;

export async function* eachStored<T extends { readonly name: string }>(
  definitions: Definitions<T>,
): AsyncIterable<Stored<T>> {
  for (let after: string | undefined; ;) {
    const page = await definitions.list({ limit: PAGE, ...(after !== undefined && { after }) });
    yield* page;
    after = page.at(-1)?.definition.name;
    if (after === undefined || page.length < PAGE) return;
  }
}
