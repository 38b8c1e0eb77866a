import { expect } from 'chai';
import type { Algorithms } from '../../activities';
import { useFacade } from '../support/facade';
import { Gate } from '../support/gate';
import { useShortHistories } from '../support/lone-server';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

const ITEMS = 300;

describe('a stop by times, of a job that goes on in a later run', function () {
  this.timeout(120_000);
  const gate = new Gate();
  const algorithms: Algorithms = {
    'last-alg': async ({ input: [value], jobId, batchIndex }, { signal }) => {
      if (batchIndex === ITEMS) await gate.wait(jobId, signal);
      return value;
    },
  };
  const suite = useWorker({ algorithms }, useShortHistories(100));
  const facade = useFacade(suite, Object.keys(algorithms));

  it('goes by when it was submitted, and not by its present run', async () => {
    // Blocks of one item, so that a history is long after few.
    const retry = { policy: 'Never', limit: 1 } as const;
    const nodes = [{ nodeName: 'green', algorithmName: 'last-alg', input: [`#[1...${String(ITEMS)}]`], retry }];
    const job = await suite.start({ name: 'long', nodes });
    const submitted = await job.startTime();
    const presentRun = await until(
      'it goes on in a later run, and only the last item is left',
      async () => {
        const { startTime } = await suite.client.workflow.getHandle(job.jobId).describe();
        const { data } = await job.status();
        const isLeft = data?.details.includes(`${String(ITEMS - 1)} succeed`) === true;
        return isLeft && startTime.getTime() > submitted + 1 && startTime.getTime();
      },
      90_000,
    );
    const stop = (startTime: object) => facade.post('/api/v1/exec/stop', { pipelineName: 'long', startTime });
    expect((await stop({ from: presentRun - 1 })).status).to.equal(404);
    expect(await stop({ to: submitted + 1 })).to.deep.equal({ status: 200, body: { stoppedJobIds: [job.jobId] } });
    expect(await job.result()).to.include({ status: 'stopped' });
  });
});
