import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { PipelineClient } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { Gate } from '../support/gate';
import { refusal, startTestFacade, type TestFacade } from '../support/facade';
import { intercepted } from '../support/intercepted';
import { useWorker } from '../support/suite';

/** Four times what Temporal takes at a time; each is answered within ten seconds, on a busy machine as well. */
const SUBMISSIONS = 40;
const AMOUNT = 7;
/** Temporal's default: so many updates of one workflow are taken at a time; the others are sent away for seconds. */
const IN_FLIGHT = 10;

describe('submissions of one limited pipeline', function () {
  this.timeout(60_000);
  const gate = new Gate();
  const suite = useWorker({ algorithms: { hold: (_, { signal }) => gate.wait('all', signal) } });
  let facade: TestFacade;
  let [inFlight, most] = [0, 0];

  before('start a facade whose calls are counted', async () => {
    const client = intercepted(suite.client, {
      async startUpdateWithStart(input, next) {
        most = Math.max(most, ++inFlight);
        return await next(input).finally(() => inFlight--);
      },
    });
    const { taskQueue } = suite.worker;
    const pipelines = new PipelineClient(client, { taskQueue });
    facade = await startTestFacade({ client }, taskQueue, ['hold'], { pipelines });
  });
  after(async () => {
    gate.open('all');
    await facade.close();
  });

  it('are all answered and counted exactly, and none is sent away, though many come at once', async () => {
    const pipeline: Pipeline = {
      name: `rush-${randomUUID()}`,
      nodes: [{ nodeName: 'one', algorithmName: 'hold' }],
      options: { concurrentPipelines: { amount: AMOUNT } },
    };
    const answers = await Promise.all(
      Array.from({ length: SUBMISSIONS }, () => facade.post('/api/v1/exec/raw', pipeline)),
    );
    expect(answers.filter(({ status }) => status === 200)).to.have.length(AMOUNT);
    const refused = refusal(400, `maximum number [${String(AMOUNT)}] of concurrent pipelines has been reached`);
    for (const answer of answers) if (answer.status !== 200) expect(answer).to.deep.equal(refused);
    // Two facades at once are not too many either.
    expect(most).to.be.within(2, IN_FLIGHT / 2);
    expect(inFlight).to.equal(0);
  });
});
