import { Client, ScheduleOverlapPolicy, type ScheduleHandle } from '@temporalio/client';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { ReconcilerState } from '../../src/domain/untold';
import { keepDone } from '../../src/temporal/keeping';
import { ensureReconciler } from '../../src/temporal/reconciler';
import { reconcilerId } from '../../workflows/messages';
import { terminateJob } from '../support/reconciler';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

describe('the schedule of the reconciler', () => {
  const suite = useWorker({
    reconcile: true,
    algorithms: { wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)) },
  });
  const listen = useReceiver();

  function schedule(): ScheduleHandle {
    return suite.client.schedule.getHandle(reconcilerId(suite.worker.taskQueue));
  }

  /** The result of its next look, whose start is not waited for. */
  async function look(): Promise<ReconcilerState> {
    const before = (await schedule().describe()).info.numActionsTaken;
    // Not beside the one before, whose result it is given.
    await schedule().trigger(ScheduleOverlapPolicy.BUFFER_ONE);
    const { workflowId } = await until('a look has begun', async () => {
      const { info } = await schedule().describe();
      return info.numActionsTaken > before && info.recentActions.at(-1)?.action.workflow;
    });
    return await suite.client.workflow.getHandle<() => Promise<ReconcilerState>>(workflowId).result();
  }

  it('is made by a worker, looks at once, and then every half minute, never beside itself', async () => {
    const { spec, policies, action, info } = await until('it has looked', async () => {
      const found = await schedule().describe();
      return found.info.numActionsTaken > 0 && found;
    });
    expect(spec.intervals?.map(({ every }) => every)).to.deep.equal([30_000]);
    expect(policies).to.include({ overlap: 'SKIP', catchupWindow: 10_000, pauseOnFailure: false });
    expect(action).to.include({ workflowType: 'reconcileWebhooks', taskQueue: suite.worker.taskQueue });
    const next = info.nextActionTimes.slice(0, 2).map(Number);
    expect(Number(next[1]) - Number(next[0])).to.equal(30_000);
  });

  it('hands what one look has seen to the next', async () => {
    const to = await listen();
    const job = await suite.start({
      name: 'ended',
      nodes: [{ nodeName: 'one', algorithmName: 'wait', input: [] }],
      webhooks: { result: `${to.url}/result` },
    });
    const { runId } = await suite.client.workflow.getHandle(job.jobId).describe();
    await terminateJob(suite.client, job.jobId);
    expect((await look()).seen).to.include(runId);
    await to.until(({ results }) => results.length === 1);
    await until('a look begins with it', async () => {
      await look();
      const { info } = await schedule().describe();
      const handle = suite.client.workflow.getHandle(info.recentActions.at(-1)?.action.workflow.workflowId ?? '');
      const { events } = await handle.fetchHistory();
      const given = events?.[0]?.workflowExecutionStartedEventAttributes?.lastCompletionResult?.payloads?.[0]?.data;
      return Buffer.from(given ?? [])
        .toString()
        .includes(runId);
    });
    expect(to.arrived).to.have.length(1);
  });

  it('is made once, and made anew where a newer worker wants another, paused where it was', async () => {
    const { taskQueue } = suite.worker;
    await ensureReconciler(suite.client, taskQueue);
    expect((await schedule().describe()).info.lastUpdatedAt).to.equal(undefined);
    await schedule().pause('for a while');
    await schedule().update((previous) => ({
      ...previous,
      spec: { intervals: [{ every: '1h' }] },
      action: { ...previous.action, memo: { definition: 0 } },
    }));
    await ensureReconciler(suite.client, taskQueue);
    const { spec, state, action } = await schedule().describe();
    expect(spec.intervals?.map(({ every }) => every)).to.deep.equal([30_000]);
    expect(state).to.include({ paused: true, note: 'for a while' });
    // An older worker leaves it as it is.
    await schedule().update((previous) => ({
      ...previous,
      spec: { intervals: [{ every: '1h' }] },
      action: { ...previous.action, memo: { definition: Number(action.memo?.['definition']) + 1 } },
    }));
    await ensureReconciler(suite.client, taskQueue);
    expect((await schedule().describe()).spec.intervals?.map(({ every }) => every)).to.deep.equal([3_600_000]);
  });

  it('is only warned about where it can not be made, and tried again', async () => {
    const nobody = new Client({ connection: suite.client.connection, namespace: `none-${randomUUID()}` });
    const failures: unknown[] = [];
    const keeping = keepDone(
      () => ensureReconciler(nobody, 'any'),
      (error) => failures.push(error),
      20,
    );
    await keeping.first;
    await until('it is tried again', () => failures.length >= 2);
    keeping.stop();
    expect(failures[0]).to.have.property('name', 'NamespaceNotFoundError');
  });
});
