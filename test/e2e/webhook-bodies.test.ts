import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import type { Algorithms } from '../../activities';
import type { Pipeline } from '../../src/domain/pipeline';
import { exampleAlgorithms, seedPipeline } from '../../src/examples';
import { useFacade } from '../support/facade';
import type { Receiver } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';

interface Document {
  readonly webhooks: Readonly<
    Record<string, { post: { requestBody: { content: Record<string, { schema: object }> } } }>
  >;
  readonly components: object;
}

describe('the webhooks of the OpenAPI document', () => {
  const algorithms: Algorithms = {
    ...exampleAlgorithms,
    even: ({ input: [value] }) => {
      if (Number(value) % 2 === 1) throw new Error(`${Number(value)} is odd`);
      return value;
    },
    wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
  };
  const suite = useWorker({ algorithms, settings: { progressIntervalMs: 0 } });
  const facade = useFacade(suite, Object.keys(algorithms));
  const listen = useReceiver();

  async function checksOf(): Promise<Record<string, ValidateFunction>> {
    const { webhooks, components } = (await facade.get('/swagger-api')).body as Document;
    // Not strict: our own keywords are for those who know them.
    const ajv = new Ajv2020({ strict: false });
    addFormats(ajv);
    return Object.fromEntries(
      Object.entries(webhooks).map(([kind, { post }]) => {
        const schema = post.requestBody.content['application/json']?.schema ?? false;
        return [kind, ajv.compile({ components, allOf: [schema] })];
      }),
    );
  }

  const one = (algorithmName: string, input: string): Omit<Pipeline, 'name'> => ({
    nodes: [{ nodeName: 'one', algorithmName, input: [input] }],
  });
  const jobs: Record<string, (to: Receiver) => Pipeline> = {
    'the seed': (to) => seedPipeline(to.webhooks),
    ...Object.fromEntries(
      (['trace', 'debug', 'warn'] as const).map((progressVerbosityLevel) => [
        `a job with a tolerated failure at ${progressVerbosityLevel}`,
        (to: Receiver) => ({
          name: 'odd',
          ...one('even', '#[1,2,4,6]'),
          options: { progressVerbosityLevel },
          webhooks: to.webhooks,
        }),
      ]),
    ),
    'a job that fails': (to) => ({ name: 'bad', ...one('even', '#[1,3]'), webhooks: to.webhooks }),
    'a job that is stopped': (to) => ({ name: 'long', ...one('wait', '#[1]'), webhooks: to.webhooks }),
  };
  for (const [what, pipelineFor] of Object.entries(jobs)) {
    it(`say what is sent of ${what}`, async () => {
      const receiver = await listen();
      const job = await suite.start(pipelineFor(receiver));
      if (what.endsWith('stopped')) {
        await receiver.until(({ progress }) => progress.length === 2);
        await job.stop('enough');
      }
      await suite.settle(job);
      // What the job has left for its progress URL may be behind its result.
      await receiver.until(({ progress, results }) => results.length === 1 && progress.length > 0);
      const checks = await checksOf();
      for (const { headers, text } of receiver.received) {
        const check = checks[String(headers['x-pipeline-event'])];
        expect(check?.(JSON.parse(text)), `${text}\n${JSON.stringify(check?.errors)}`).to.equal(true);
      }
    });
  }

  it('refuse a body with a key too many', async () => {
    const check = (await checksOf())['progress'];
    const body = { jobId: 'a', timestamp: new Date().toISOString(), pipeline: 'a', level: 'info', status: 'active' };
    expect([check?.(body), check?.({ ...body, more: 1 })]).to.deep.equal([true, false]);
  });
});
