import type { Client } from '@temporalio/client';
import { until } from './until';

/** Visibility is a moment behind. */
export function untilListed(client: Client, count: number, query: string, withinMs?: number): Promise<true> {
  const isThere = async (): Promise<boolean> => (await client.workflow.count(query)).count === count;
  return until(`${String(count)} of ${query}`, isThere, withinMs);
}
