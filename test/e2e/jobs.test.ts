import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import type { Pipeline } from '../../src/domain/pipeline';
import { exampleAlgorithms, seedPipeline } from '../../src/examples';
import { refusal, useFacade } from '../support/facade';
import { Gate } from '../support/gate';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';
import { untilListed } from '../support/visibility';

describe('jobs by the facade', () => {
  const gate = new Gate();
  const algorithms: Algorithms = {
    ...exampleAlgorithms,
    'held-alg': ({ jobId }, { signal }) => gate.wait(jobId, signal),
  };
  const suite = useWorker({ algorithms });
  const facade = useFacade(suite, Object.keys(algorithms));
  const listen = useReceiver();

  const held = (): Pipeline => ({
    name: `p-${randomUUID()}`,
    nodes: [{ nodeName: 'green', algorithmName: 'held-alg', input: [1] }],
  });

  async function start(pipeline: Pipeline): Promise<string> {
    const answer = await facade.post('/api/v1/exec/raw', pipeline);
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    return (answer.body as { jobId: string }).jobId;
  }

  describe('a stop by criteria', () => {
    it('stops those that match, by name, status and time', async () => {
      const pipeline = held();
      const from = new Date().toISOString();
      const jobIds = await Promise.all([1, 2, 3].map(() => start(pipeline)));
      await suite.worker.client.getHandle(jobIds[0] ?? '').pause();
      await untilListed(suite.client, 1, `PipelineName = '${pipeline.name}' AND PipelineStatus = 'paused'`);
      await untilListed(suite.client, 2, `PipelineName = '${pipeline.name}' AND PipelineStatus = 'active'`);
      const stop = (criteria: object) => facade.post('/api/v1/exec/stop', { pipelineName: pipeline.name, ...criteria });
      const late = new Date(Date.now() + 3_600_000).toISOString();
      expect(await stop({ startTime: { from: late } })).to.deep.equal(
        refusal(
          404,
          `No jobs found matching criteria (pipelineName: ${pipeline.name}, datesRange: ${late} to , statuses: active,pending,paused)`,
        ),
      );
      expect(await stop({ statusToStop: 'paused, pending' })).to.deep.equal({
        status: 200,
        body: { stoppedJobIds: [jobIds[0]] },
      });
      const rest = (await stop({ startTime: { from, to: Date.now() + 60_000 }, reason: 'enough' })).body as {
        stoppedJobIds: string[];
      };
      expect(rest.stoppedJobIds).to.have.members(jobIds.slice(1));
      expect(await suite.worker.client.getHandle(jobIds[1] ?? '').result()).to.include({ reason: 'enough' });
    });

    it('takes a quote for what it is', async () => {
      const status = `active' OR PipelineName != 'x`;
      expect(await facade.post('/api/v1/exec/stop', { statusToStop: [status] })).to.deep.equal(
        refusal(404, `No jobs found matching criteria (statuses: ${status})`),
      );
      expect((await facade.post('/api/v1/exec/stop', { pipelineName: `x' OR '1` })).status).to.equal(400);
    });
  });

  describe('the webhooks of a job', () => {
    const webhook = (name: string, jobId: string) => facade.get(`/api/v1/webhooks/${name}/${jobId}`);

    it('are told as they were answered last, while it runs and after it', async () => {
      const receiver = await listen((_, count) => (count === 1 ? 500 : 200));
      const jobId = await start({ ...held(), webhooks: receiver.webhooks });
      await until('the second event was answered', async () => {
        const { body } = await webhook('status', jobId);
        return (body as { pipelineStatus?: string }).pipelineStatus === 'active';
      });
      expect(await webhook('results', jobId)).to.deep.equal(refusal(404, `webhook ${jobId} Not Found`));
      gate.open(jobId);
      const job = suite.worker.client.getHandle(jobId);
      await suite.settle(job);
      await receiver.until(({ progress }) => progress.at(-1)?.status === 'completed');
      const progress = await until('the terminal event was answered', async () => {
        const { body } = await webhook('status', jobId);
        return (body as { pipelineStatus?: string }).pipelineStatus === 'completed' && (body as { timestamp: string });
      });
      const answered = {
        jobId,
        pipelineStatus: 'completed',
        status: 'completed',
        responseStatus: 'succeed',
        httpResponse: { statusCode: 200, statusMessage: 'OK' },
      };
      expect(progress).to.deep.equal({ ...answered, url: receiver.webhooks.progress, timestamp: progress.timestamp });
      expect(Date.parse(progress.timestamp)).to.be.closeTo(Date.now(), 60_000);
      // The first attempt of the result failed.
      await receiver.until(({ results }) => results.length === 1);
      const result = await until('the second attempt of the result was answered', async () => {
        const { body } = await webhook('results', jobId);
        return (body as { responseStatus: string }).responseStatus === 'succeed' && body;
      });
      expect(result).to.deep.include({ ...answered, url: receiver.webhooks.result });
      expect(await webhook('list', jobId)).to.deep.equal({ status: 200, body: { jobId, result, progress } });
    });

    it('are told with the class of the error where nobody answered', async () => {
      const receiver = await listen();
      const { webhooks } = receiver;
      await receiver.close();
      const jobId = await start({ ...seedPipeline(webhooks), options: { progressVerbosityLevel: 'critical' } });
      const { body } = await until('an attempt has failed', async () => {
        const answer = await webhook('results', jobId);
        return answer.status === 200 && answer;
      });
      expect(body).to.deep.include({
        responseStatus: 'failed',
        httpResponse: { statusCode: 'connect', statusMessage: 'connect' },
      });
      // Nothing was sent there at that level.
      expect(await webhook('status', jobId)).to.deep.equal(refusal(404, `webhook ${jobId} Not Found`));
    });

    it('are not told of a job that is not there', async () => {
      for (const name of ['status', 'results', 'list']) {
        expect(await webhook(name, 'none')).to.deep.equal(refusal(404, 'webhook none Not Found'));
      }
    });
  });
});
