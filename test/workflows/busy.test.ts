import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

describe('a job whose items end all the time', () => {
  const suite = useWorker({
    algorithms: {
      // As an algorithm that does not look at its signal.
      busy: async ({ input: [item] }) => {
        await sleep(150);
        if (item === 'bad') throw new Error('bad');
        return item;
      },
    },
  });
  const nodes = (input: string): Pipeline['nodes'] => [{ nodeName: 'many', algorithmName: 'busy', input: [input] }];

  /** A task that fails drops what it has taken: a stop, or an end. */
  async function failedTasks(job: JobHandle): Promise<number> {
    const { events = [] } = await suite.client.workflow.getHandle(job.jobId).fetchHistory();
    return (events ?? []).filter((event) => event.workflowTaskFailedEventAttributes != null).length;
  }

  it('is stopped at once', async () => {
    const jobs = await Promise.all(
      Array.from({ length: 3 }, () => suite.start({ name: 'busy', nodes: nodes('#[1...900]') })),
    );
    await Promise.all(
      jobs.map(async (job) => {
        await until('some items have ended', async () => /\d\d succeed/.test((await job.status()).data?.details ?? ''));
        expect((await job.stop('enough')).status).to.equal('stopped');
        expect(await job.result()).to.include({ status: 'stopped', reason: 'enough' });
      }),
    );
    expect(await Promise.all(jobs.map(failedTasks))).to.deep.equal([0, 0, 0]);
  });

  it('fails at once where its tolerance says so', async () => {
    const input = `#[bad,${Array.from({ length: 400 }, (_, index) => index).join(',')}]`;
    const job = await suite.start({ name: 'busy', nodes: nodes(input), options: { batchTolerance: 0 } });
    expect((await job.result()).error).to.match(/batch tolerance is 0%, error: bad$/);
    expect(await failedTasks(job)).to.equal(0);
  });
});
