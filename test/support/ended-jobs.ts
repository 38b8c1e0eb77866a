/** Very many jobs that have ended, and how long it takes to page through them. */
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { PipelineClient } from '../../src/client';
import { mapAtOnce } from '../../src/temporal/at-once';
import type { TestFacade } from './facade';
import type { Suite } from './suite';
import { untilListed } from './visibility';

const AT_ONCE = 30;
const PAGE = 100;

/**
 * Each is a job of one node whose batch is empty: it has all that a search looks at, and ends in its first workflow task.
 *
 * @returns the experiment that they are of
 */
export async function runManyJobs(suite: Suite, count: number): Promise<string> {
  const experimentName = `many-${randomUUID().slice(0, 8)}`;
  const { client }: { readonly client: PipelineClient } = suite.worker;
  await mapAtOnce([...Array(count).keys()], AT_ONCE, (index) =>
    client.start({
      name: `p${String(index % 10)}`,
      nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['#[]'] }],
      experimentName,
      tags: [`t${String(index % 10)}`],
    }),
  );
  await untilListed(
    suite.client,
    count,
    `PipelineExperiment = '${experimentName}' AND ExecutionStatus = 'Completed'`,
    count * 100,
  );
  return experimentName;
}

/** Follows the cursors of a search to its end: each job is there once, and the last pages take no longer than the first. */
export async function pageThrough(facade: Pick<TestFacade, 'get'>, query: string, count: number): Promise<string[]> {
  const jobIds: string[] = [];
  const times: number[] = [];
  let cursor: string | undefined;
  do {
    const startedAt = performance.now();
    const { status, body } = await facade.get(
      `/api/v1/exec/search?${query}&limit=${String(PAGE)}&cursor=${cursor ?? 'undefined'}`,
    );
    times.push(performance.now() - startedAt);
    expect(status, JSON.stringify(body)).to.equal(200);
    const page = body as { readonly hits: readonly { readonly jobId: string }[]; readonly cursor?: string };
    jobIds.push(...page.hits.map(({ jobId }) => jobId));
    ({ cursor } = page);
  } while (cursor !== undefined);
  expect(jobIds).to.have.lengthOf(count);
  expect(new Set(jobIds).size).to.equal(count);
  // The last one of all may be empty.
  const full = times.slice(0, count / PAGE);
  const some = Math.max(1, Math.floor(full.length / 3));
  const [first, last] = [median(full.slice(0, some)), median(full.slice(-some))];
  process.stdout.write(`      ${query}: first ${first.toFixed(0)} ms a page, last ${last.toFixed(0)} ms\n`);
  expect(last).to.be.below(3 * first + 50);
  return jobIds;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
