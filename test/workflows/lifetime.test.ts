import { WithStartWorkflowOperation } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import { PipelineClient, type JobHandle } from '../../src/client';
import type { Pipeline } from '../../src/domain/pipeline';
import { PIPELINE_STATUS } from '../../workflows/search-attributes';
import { statusesOf } from '../support/deliveries';
import { refusal, useFacade } from '../support/facade';
import { NEVER } from '../support/receiver';
import { rejection } from '../support/rejection';
import { useReceiver, useWorker, type Suite } from '../support/suite';
import { until } from '../support/until';
import { startWorker } from '../support/worker';

// What a job answers too early, twice and too late, and what ends it besides its own work (contract §3, §6, §11).

type Send = (
  suite: Suite,
  verb: string,
  start: { workflowId: string; taskQueue: string; args: [Pipeline] },
) => Promise<unknown>;

const WITH_START: Record<string, Send> = {
  'a signal': ({ client }, signal, start) => client.workflow.signalWithStart('runPipeline', { ...start, signal }),
  'an update': ({ client }, verb, start) => {
    const options = { ...start, workflowIdConflictPolicy: 'FAIL' } as const;
    return client.workflow.executeUpdateWithStart(verb, {
      startWorkflowOperation: new WithStartWorkflowOperation('runPipeline', options),
    });
  },
  'a signal of the temporal command': (suite, verb, start) => {
    return suite.command('signal-with-start', '--signal-name', verb, ...flagsOf(start));
  },
  'an update of the temporal command': (suite, verb, start) => {
    const update = ['execute-update-with-start', '--update-name', verb, '--id-conflict-policy', 'Fail'];
    return suite.command(...update, ...flagsOf(start));
  },
};

function flagsOf({ workflowId, taskQueue, args }: Parameters<Send>[2]): string[] {
  const input = ['--type', 'runPipeline', '--input', JSON.stringify(args[0])];
  return ['--workflow-id', workflowId, '--task-queue', taskQueue, ...input];
}

const UNSERVED = `unserved-${randomUUID()}`;
const ALGORITHMS: Algorithms = {
  echo: ({ input }) => input[0],
  wait: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
};

describe('the life of a job', () => {
  const suite = useWorker({ algorithms: ALGORITHMS });
  const facade = useFacade(suite, Object.keys(ALGORITHMS));
  const listen = useReceiver();

  function pipeline(algorithmName: string, rest: Partial<Pipeline> = {}): Pipeline {
    return { name: 'life', nodes: [{ nodeName: 'one', algorithmName, input: [1] }], ...rest };
  }

  async function refused(call: Promise<unknown>, verb: string, status: string): Promise<void> {
    const message = `unable to ${verb} pipeline life because its in ${status} status`;
    expect(await rejection(call)).to.include({ code: 'WrongState', message });
  }

  it('has no results while it runs', async () => {
    const job = await suite.start(pipeline('wait'));
    await refused(job.results(), 'get results for', 'active');
    await job.pause();
    await refused(job.results(), 'get results for', 'paused');
    await job.stop();
  });

  for (const status of ['completed', 'stopped'] as const) {
    it(`refuses everything to a job that is ${status}, while its workflow is open and when it has closed`, async () => {
      // A receiver that does not answer keeps the workflow open, for one progress deadline at most.
      let answer: (status: number) => void = () => undefined;
      const answered = new Promise<number>((resolve) => (answer = resolve));
      const to = await listen(() => answered);
      const job = await suite.start(pipeline(status === 'completed' ? 'echo' : 'wait', { webhooks: to.webhooks }), {
        progressTimeoutMs: 60_000,
      });
      await to.until(({ arrived }) => arrived.length > 0);
      if (status === 'stopped') await job.stop();
      await until('the end', async () => (await job.status()).status === status);
      expect((await suite.client.workflow.getHandle(job.jobId).describe()).status.name).to.equal('RUNNING');
      for (const verb of ['stop', 'pause', 'resume'] as const) await refused(job[verb](), verb, status);
      const { status: open } = await job.status();
      answer(200);
      await job.result();
      expect((await suite.client.workflow.getHandle(job.jobId).describe()).status.name).to.equal('COMPLETED');
      for (const verb of ['stop', 'pause', 'resume'] as const) await refused(job[verb](), verb, status);
      expect((await job.status()).status).to.equal(open);
    });
  }

  it('answers the results as soon as it has ended, though its workflow is open', async () => {
    const { webhooks } = await listen(() => NEVER);
    const job = await suite.start(pipeline('echo', { webhooks }));
    await until('the end', async () => (await job.status()).status === 'completed');
    expect((await suite.client.workflow.getHandle(job.jobId).describe()).status.name).to.equal('RUNNING');
    expect(await job.results()).to.deep.include({ status: 'completed' });
  });

  // A resume comes too early for what is not paused: it is refused, or changes nothing.
  for (const [verb, told] of [
    ['stop', ['stopped']],
    ['pause', ['paused', 'stopped']],
    ['resume', ['stopped']],
  ] as const) {
    for (const [by, send] of Object.entries(WITH_START)) {
      it(`takes a ${verb} that comes with the start as ${by}`, async () => {
        const to = await listen();
        const workflowId = `life:${randomUUID()}`;
        const { taskQueue } = suite.worker;
        const document = pipeline('wait', { webhooks: to.sharedWebhooks });
        const sent = send(suite, verb, { workflowId, taskQueue, args: [document] });
        if (verb === 'resume' && by.startsWith('an update')) {
          const { message, cause } = (await rejection(sent)) as Error;
          const text = 'unable to resume pipeline life because its in active status';
          expect(cause instanceof ApplicationFailure ? cause.message : message).to.include(text);
        } else await sent;
        const job = suite.worker.client.getHandle(workflowId);
        if (verb !== 'stop') await job.stop();
        await suite.settle(job);
        expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'active', ...told, 'result stopped']);
      });
    }
  }

  it('without a worker is told by what the server knows, and takes no call', async () => {
    const pending = await startUnserved();
    const active = await suite.start(pipeline('wait'));
    await until('the server knows that it runs', async () => {
      const { typedSearchAttributes } = await suite.client.workflow.getHandle(active.jobId).describe();
      return typedSearchAttributes.get(PIPELINE_STATUS) === 'active';
    });
    const paused = await suite.start(pipeline('wait'));
    await paused.pause();
    await suite.worker.stop();
    const jobs = Object.entries({ pending, active, paused });
    try {
      for (const [status, job] of jobs) {
        const { startTime } = await suite.client.workflow.getHandle(job.jobId).describe();
        const known = { jobId: job.jobId, timestamp: startTime.toISOString(), pipeline: 'life', level: 'info', status };
        const asks = [() => job.status(), async () => (await facade.get(`/api/v1/exec/status/${job.jobId}`)).body];
        for (const ask of asks) {
          const { answer, ms } = await timed(ask());
          expect(JSON.stringify(answer)).to.equal(JSON.stringify(known));
          expect(ms).to.be.below(2_000);
        }
      }
      const calls = jobs.flatMap(([, job]) => (['stop', 'pause', 'resume'] as const).map((verb) => ({ job, verb })));
      await Promise.all(
        calls.map(async ({ job, verb }) => {
          const message = `no worker took the ${verb} of ${job.jobId} in time`;
          const [byRest, byHandle] = await Promise.all([
            timed(facade.post(`/api/v1/exec/${verb}`, { jobId: job.jobId })),
            timed(rejection(job[verb]())),
          ]);
          expect(byRest.answer).to.deep.equal(refusal(503, message));
          expect(byHandle.answer).to.include({ code: 'Unavailable', message });
          for (const { ms } of [byRest, byHandle]) expect(ms).to.be.within(9_500, 11_500);
        }),
      );
    } finally {
      for (const [, job] of jobs) await suite.client.workflow.getHandle(job.jobId).terminate();
      await suite.restartWorker();
    }
  });

  it('without a worker keeps what Temporal itself takes, until there is one', async () => {
    const to = await listen();
    const start = (path: string) => startUnserved({ progress: to.url + path, result: to.url + path });
    const [signaled, canceled, terminated] = [
      await start('/signal'),
      await start('/cancel'),
      await start('/terminate'),
    ];
    const pending = await signaled.status();
    await suite.client.workflow.getHandle(signaled.jobId).signal('stop', 'by signal');
    await suite.client.workflow.getHandle(canceled.jobId).cancel();
    await suite.client.workflow.getHandle(terminated.jobId).terminate();
    const worker = await startWorker(suite.temporal, { algorithms: ALGORITHMS, taskQueue: UNSERVED });
    try {
      await suite.settle(signaled);
      await suite.settle(canceled);
      expect(await signaled.results()).to.include({ status: 'stopped', reason: 'by signal' });
      expect(await canceled.results()).to.include({ status: 'stopped', reason: 'canceled from Temporal' });
      expect(await terminated.results()).to.include({ status: 'failed', error: 'the job was terminated from outside' });
      const told = ['pending', 'active', 'stopped', 'result stopped'];
      expect(statusesOf(to.arrivedOn('/signal'))).to.deep.equal(told);
      expect(statusesOf(to.arrivedOn('/cancel'))).to.deep.equal(told);
      expect(to.arrivedOn('/terminate')).to.deep.equal([]);
      // What the server knew before is what the first event tells.
      expect(to.arrivedOn('/signal')[0]?.text).to.equal(JSON.stringify(pending));
    } finally {
      await worker.stop();
    }
  });

  function startUnserved(webhooks: Pipeline['webhooks'] = {}): Promise<JobHandle> {
    return new PipelineClient(suite.client, { taskQueue: UNSERVED }).start(pipeline('wait', { webhooks }));
  }

  it("is stopped by Temporal's own Cancel", async () => {
    const to = await listen();
    const { webhooks } = to;
    const options = { progressVerbosityLevel: 'trace' };
    const job = await suite.start(pipeline('wait', { webhooks, options }));
    await until('it runs', async () => (await job.status()).data?.details.includes('1 active'));
    await suite.client.workflow.getHandle(job.jobId).cancel();
    expect(await job.result()).to.include({ status: 'stopped', reason: 'canceled from Temporal' });
    await to.until(({ results, progress }) => results.length === 1 && progress.at(-1)?.status === 'stopped');
    // The algorithm that was canceled with it is no failure, and is not tried again.
    expect(to.progress.filter(({ level }) => level === 'warn')).to.deep.equal([]);
    expect(to.progress.at(-1)).to.include({ level: 'info', reason: 'canceled from Temporal' });
    expect((await suite.client.workflow.getHandle(job.jobId).describe()).status.name).to.equal('COMPLETED');
  });

  it('is stopped when its ttl has passed, pauses included', async () => {
    const to = await listen();
    const { webhooks } = to;
    const job = await suite.start(pipeline('wait', { webhooks, options: { ttl: 2 } }));
    await job.pause();
    const { timestamp, ...result } = await job.result();
    expect(result).to.deep.include({ status: 'stopped', reason: 'pipeline expired' });
    const { startTime } = await suite.client.workflow.getHandle(job.jobId).describe();
    expect(Date.parse(timestamp) - startTime.getTime()).to.be.within(2_000, 3_500);
    await to.until(({ progress }) => progress.length === 4);
    expect(to.progress.map(({ status }) => status)).to.deep.equal(['pending', 'active', 'paused', 'stopped']);
    expect(to.progress.at(-1)).to.include({ level: 'info', reason: 'pipeline expired' });
  });

  // A job that waits has one timer at a time: that of its being shown, and then the ttl's, or where that is later or none,
  // the one after which it looks for workers.
  for (const [options, limit, timer] of [
    [{}, 'an hour', 3_600],
    [{ ttl: 0 }, 'no limit', 7_200],
    [{ ttl: -1 }, 'no limit', 7_200],
  ] as const) {
    it(`has ${limit} with the options ${JSON.stringify(options)}`, async () => {
      const job = await suite.start(pipeline('wait', { options }), { algorithmWaitMs: 7_200_000 });
      const events = await until('it has the second', async () => {
        const { events: found } = await suite.client.workflow.getHandle(job.jobId).fetchHistory();
        const timers = found?.filter((event) => event.timerStartedEventAttributes != null) ?? [];
        return timers.length > 1 && found != null ? found : undefined;
      });
      // When each of them fires: the workflow's time is that at which its task has started.
      let taskAt = 0;
      const tasks: number[] = [];
      const due = events.flatMap(({ eventTime, workflowTaskStartedEventAttributes, timerStartedEventAttributes }) => {
        if (workflowTaskStartedEventAttributes != null) tasks.push((taskAt = inMs(eventTime)));
        return timerStartedEventAttributes == null
          ? []
          : [taskAt + inMs(timerStartedEventAttributes.startToFireTimeout)];
      });
      const since = limit === 'an hour' ? inMs(events[0]?.eventTime) : (tasks[0] ?? 0);
      expect(due).to.have.length(2);
      expect(due[0]).to.be.closeTo((tasks[0] ?? 0) + 1_000, 10);
      expect(due[1]).to.be.closeTo(since + timer * 1_000, 10);
      await job.stop();
    });
  }

  it('is not found where it never was', async () => {
    const job = suite.worker.client.getHandle(`life:${randomUUID()}`);
    for (const call of ['status', 'results'] as const) {
      expect(await rejection(job[call]())).to.include({ code: 'NotFound', message: `status ${job.jobId} Not Found` });
    }
  });
});

function inMs(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1e6;
}

async function timed<T>(call: Promise<T>): Promise<{ answer: T; ms: number }> {
  const asked = Date.now();
  return { answer: await call, ms: Date.now() - asked };
}
