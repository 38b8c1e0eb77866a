import { expect } from 'chai';
import type { Algorithms } from '../../activities';
import type { JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { Gate } from '../support/gate';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

// Who goes first where there is less room than work (contract §2, `priority`; fairness by the pipeline's name).

/** Temporal's `TASK_QUEUE_TYPE_ACTIVITY`. */
const ACTIVITIES = 2;

describe('a worker with one slot', () => {
  const gate = new Gate();
  const began: string[] = [];
  const algorithms: Algorithms = {
    'slow-alg': async ({ jobId, input: [name] }, { signal }) => {
      began.push(name as string);
      // The first job holds the slot until the others wait.
      if (name === 'first') await gate.wait(jobId, signal);
    },
  };
  const suite = useWorker({ algorithms, slots: 1 });

  beforeEach(() => {
    began.length = 0;
  });

  /** More items than those that share a block: each waits for the slot by itself. */
  function pipeline(name: string, items: number, priority = 3): { items: number; pipeline: Pipeline } {
    const nodes = [{ nodeName: 'one', algorithmName: 'slow-alg', input: [name, `#[1...${String(items)}]`] }];
    return { items, pipeline: { name, priority, nodes } };
  }

  /** How many blocks wait for the worker. */
  async function backlog(): Promise<number> {
    const { stats } = await suite.client.workflowService.describeTaskQueue({
      namespace: suite.client.options.namespace,
      taskQueue: { name: suite.worker.taskQueue },
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- its enum is not exported
      taskQueueType: ACTIVITIES,
      reportStats: true,
    });
    return Number(stats?.approximateBacklogCount ?? 0);
  }

  /** Starts jobs in this order, all of whose items are with the server before the first of them can run. */
  async function race(...pipelines: readonly ReturnType<typeof pipeline>[]): Promise<string[]> {
    const holder = await suite.start(pipeline('first', 1).pipeline);
    await until('the slot is taken', () => began.length === 1);
    const jobs: JobHandle[] = [];
    let items = 0;
    for (const document of pipelines) {
      jobs.push(await suite.start(document.pipeline));
      items += document.items;
      // The job's own word is ahead of the server's: what it has handed out is still on its way to the queue.
      await until('its items wait', async () => (await backlog()) >= items);
    }
    gate.open(holder.jobId);
    for (const job of [holder, ...jobs]) expect(await job.result()).to.have.property('status', 'completed');
    return began.slice(1);
  }

  it('runs priority 1 before 3 before 5, though they came last', async () => {
    const order = await race(pipeline('weak', 20, 5), pipeline('middle', 20, 3), pipeline('strong', 20, 1));
    // What is on its way to the worker when the stronger one comes may still go first.
    const strongest = order.slice(0, 21).filter((name) => name === 'strong');
    expect(strongest.length, order.join(' ')).to.be.at.least(19);
    expect(order.indexOf('middle'), order.join(' ')).to.be.below(order.lastIndexOf('weak'));
    expect(
      order.slice(-19).every((name) => name === 'weak'),
      order.join(' '),
    ).to.equal(true);
  });

  it('shares between pipelines of two names, however many items one of them has', async () => {
    const order = await race(pipeline('wide', 45), pipeline('narrow', 17));
    const last = order.lastIndexOf('narrow');
    // In the order of their arrival it would be the 62nd.
    expect(last, order.join(' ')).to.be.below(45);
  });
});
