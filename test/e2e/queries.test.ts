import { expect } from 'chai';
import { before } from 'mocha';
import type { ProgressBody } from '../../src/domain/events';
import { resultsQuery, statusQuery } from '../../workflows/messages';
import { startTestFacade } from '../support/facade';
import { useRigs } from '../support/fault-rig';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

const ITEMS = 300_000;
/** Issue: queries answer within it while a wide batch runs. */
/** Two seconds, and as much again for whatever else runs on the machine. */
const WITHIN_MS = 4_000;

describe('a job of 300,000 items', function () {
  this.timeout(120_000);
  // The tests beside it may have the whole machine for a while.
  this.retries(2);
  const createRig = useRigs();
  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    await sharedTemporal();
  });

  it('answers all queries within two seconds for as long as it runs, and so does the facade', async () => {
    const temporal = await sharedTemporal();
    const rig = await createRig(temporal);
    await rig.startWorker();
    const facade = await startTestFacade(temporal, rig.taskQueue, ['light-alg']);
    const { handle: job } = await rig.startLight(ITEMS);
    const handle = temporal.client.workflow.getHandle(job.jobId);
    const path = `/api/v1/exec/status/${encodeURIComponent(job.jobId)}`;
    const told: ProgressBody[] = [];
    const times: Record<string, number[]> = { status: [], results: [], facade: [] };
    const timed = async <Value>(what: string, ask: () => Promise<Value>): Promise<Value> => {
      const askedAt = performance.now();
      const answer = await ask();
      times[what]?.push(performance.now() - askedAt);
      return answer;
    };
    const isOver = (): boolean => told.at(-1)?.status === 'completed';
    while (!isOver()) {
      told.push(await timed('status', () => handle.query(statusQuery)));
      if (isOver()) break;
      told.push((await timed('facade', () => facade.get(path))).body as ProgressBody);
      if (isOver()) break;
      // It may have ended meanwhile.
      await timed('results', () => handle.query(resultsQuery));
    }
    await facade.close();

    for (const [what, all] of Object.entries(times)) {
      expect(all.length, `answers of ${what}`).to.be.above(3);
      expect(Math.max(...all), `the slowest of ${String(all.length)} answers of ${what}, in ms`).to.be.below(WITHIN_MS);
    }
    // Where the job itself does not answer a facade in time, it tells what the server knows, which has no counts.
    const progress = told.flatMap(({ data }) => data?.progress ?? []);
    expect(progress).to.have.length.above(told.length / 2);
    expect(progress.map(Number)).to.deep.equal(progress.map(Number).sort((one, other) => one - other));
  });
});
