import type { Client } from '@temporalio/client';
import { until } from './until';

/** Visibility is a moment behind. */
export function untilListed(client: Client, count: number, query: string): Promise<true> {
  return until(`${String(count)} of ${query}`, async () => (await client.workflow.count(query)).count === count);
}
