/** Jobs that have ended in each way, and some that run: what tests that look at jobs have in common. */
import { expect } from 'chai';
import { after, before } from 'mocha';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import type { Pipeline } from '../../src/domain/pipeline';
import { useFacade, type Answer, type TestFacade } from './facade';
import { Gate } from './gate';
import { useWorker, type Suite } from './suite';
import { untilListed } from './visibility';

/** Those that run first, newest first, then by their end. */
export const BY_END = ['active', 'paused', 'terminated', 'stopped', 'failed', 'completed'] as const;

export interface LookedAt {
  readonly suite: Suite;
  readonly facade: Omit<TestFacade, 'close'>;
  /** That all of them are of, and no other job. */
  readonly experimentName: string;
  /** Named by what became of it. */
  readonly idOf: (name: string) => string;
  readonly nameOf: (jobId: string) => string;
  readonly pipeline: (name: string, algorithmName: string) => Pipeline;
}

/** They are there once the tests run. */
export function useJobsOfEachKind(): LookedAt {
  const gate = new Gate();
  const algorithms: Algorithms = {
    'green-alg': ({ input: [value] }) => value,
    'fails-alg': () => {
      throw new Error('boom');
    },
    'held-alg': ({ jobId }, { signal }) => gate.wait(jobId, signal),
  };
  const suite = useWorker({ algorithms });
  const facade = useFacade(suite, Object.keys(algorithms));
  const experimentName = `e-${randomUUID().slice(0, 8)}`;
  const jobs = new Map<string, string>();
  const idOf = (name: string): string => jobs.get(name) ?? '';

  const pipeline = (name: string, algorithmName: string): Pipeline => ({
    name,
    nodes: [{ nodeName: 'green', algorithmName, input: ['#[1,2]'] }],
    experimentName,
    tags: ['all', name],
    flowInput: { secret: name },
  });

  before('run jobs that end in each way', async function () {
    this.timeout(60_000);
    bodyOf(await facade.post('/api/v1/experiment', { name: experimentName }));
    const handle = (name: string) => suite.worker.client.getHandle(idOf(name));
    const start = async (name: string, algorithmName: string): Promise<void> => {
      const { jobId } = bodyOf(await facade.post('/api/v1/exec/raw', pipeline(name, algorithmName))) as {
        jobId: string;
      };
      jobs.set(name, jobId);
    };
    const untilThere = (count: number, what: string) =>
      untilListed(suite.client, count, `PipelineExperiment = '${experimentName}' AND ${what}`);
    await start('completed', 'green-alg');
    await handle('completed').result();
    await start('failed', 'fails-alg');
    await handle('failed').result();
    await start('stopped', 'held-alg');
    await handle('stopped').pause();
    await handle('stopped').resume();
    await handle('stopped').stop('enough');
    await handle('stopped').result();
    await start('terminated', 'held-alg');
    await untilThere(1, `WorkflowId = '${idOf('terminated')}' AND PipelineStatus = 'active'`);
    await suite.client.workflow.getHandle(idOf('terminated')).terminate('by a person');
    await start('paused', 'held-alg');
    await handle('paused').pause();
    await start('active', 'held-alg');
    await untilThere(4, `ExecutionStatus != 'Running'`);
    await untilThere(1, `PipelineStatus = 'paused'`);
    await untilThere(2, `PipelineStatus = 'active'`);
  });

  after('end those that run', async () => {
    // Their worker has ended by now.
    for (const name of ['paused', 'active']) await suite.client.workflow.getHandle(idOf(name)).terminate();
  });

  return {
    suite,
    facade,
    experimentName,
    idOf,
    nameOf: (jobId) => [...jobs].find(([, id]) => id === jobId)?.[0] ?? jobId,
    pipeline,
  };
}

/** Of an answer that is none of a mistake. */
export function bodyOf({ status, body }: Answer): unknown {
  expect(status, JSON.stringify(body)).to.equal(200);
  return body;
}
