import { defaultPayloadConverter } from '@temporalio/common';
import { expect } from 'chai';
import type { BlockInput } from '../../src/domain/block';
import type { Homes } from '../../src/domain/homes';
import { fromRuns } from '../../src/domain/index-runs';
import { useWorker } from '../support/suite';

// Algorithms that say how many items ride in one block, from what their workers announce to what is scheduled.

describe('an algorithm with blockSize', () => {
  const suite = useWorker({
    algorithms: { fives: { blockSize: 5, run: ({ input: [value] }) => Number(value) * 10 } },
  });

  /** How many items each block of a job was given, the largest first. */
  async function widthsOf(jobId: string): Promise<number[]> {
    const { events } = await suite.client.workflow.getHandle(jobId).fetchHistory();
    const widths = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
      const inputs = (scheduled?.input?.payloads ?? []).map((payload) => {
        return defaultPayloadConverter.fromPayload<BlockInput>(payload);
      });
      return inputs.map(({ items = [] }) => fromRuns(items).length);
    });
    return widths.sort((one, other) => other - one);
  }

  async function run(input: string, homes?: Homes): Promise<number[]> {
    const nodes = [{ nodeName: 'green', algorithmName: 'fives', input: [input] }];
    const job = await suite.worker.client.start({ name: 'sized', nodes }, homes && { homes });
    const { data = [] } = await job.result();
    expect(data.map(({ result }) => result)).to.deep.equal(data.map((_, index) => (index + 1) * 10));
    return await widthsOf(job.jobId);
  }

  it('has as many items in each block, though nobody but its worker says so', async () => {
    expect(await run('#[1...12]')).to.deep.equal([5, 5, 2]);
    expect(await run('#[1...600]')).to.deep.equal(Array(120).fill(5));
  });

  it('has as many as whoever starts the job says', async () => {
    const home = { kind: 'worker', taskQueue: suite.worker.taskQueue } as const;
    expect(await run('#[1...12]', { fives: { ...home, blockSize: 6 } })).to.deep.equal([6, 6]);
    expect(await run('#[1...12]', { fives: home })).not.to.deep.equal([5, 5, 2]);
  });
});
