import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import type { JobHandle } from '../../src/client';
import { PipelineError } from '../../src/domain/errors';
import type { ProgressBody } from '../../src/domain/events';
import { statusesOf } from '../support/deliveries';
import { refusal, useFacade } from '../support/facade';
import { Gate } from '../support/gate';
import type { Receiver } from '../support/receiver';
import { useReceiver, useWorker } from '../support/suite';
import { until } from '../support/until';

// Who may say what to a job, and what is answered (contract §3, §8, §11; HKube's texts).

const VERBS = ['stop', 'pause', 'resume'] as const;
type Verb = (typeof VERBS)[number];

interface Way {
  call(jobId: string, verb: Verb): Promise<unknown>;
  /** What is answered once it is done; `body` is the status then. */
  done(jobId: string, verb: Verb, body: unknown): unknown;
  /** What is answered where the status of the job does not allow it, or there is no such job. */
  refused(jobId: string, verb: Verb, status: string | undefined, isOpen: boolean): unknown;
}

/** What a status refuses, what a receiver is told in all after pending and active, and how a job gets there. */
type State = readonly [
  refused: readonly Verb[],
  status: string,
  told: readonly string[],
  reach: (job: JobHandle) => unknown,
  algorithm?: string,
];

interface Step {
  readonly verb: Verb;
  readonly paused?: true;
  /** What the status tells after it. */
  readonly after: Omit<ProgressBody, 'jobId' | 'timestamp' | 'pipeline'>;
  /** What a receiver is told after pending and active. */
  readonly told: readonly string[];
}

const ALREADY_COMPLETED = 'workflow execution already completed';
const HELD = { progress: '0.00', details: '0.00% completed, 2 active' };
const STOPPED = { progress: '0.00', details: '0.00% completed, 2 stopped' };
const stopped: Step['after'] = { level: 'info', status: 'stopped', data: STOPPED, reason: 'enough' };

const STEPS: Record<string, Step> = {
  'a stop': { verb: 'stop', after: stopped, told: ['stopped'] },
  'a stop of a paused job': { verb: 'stop', paused: true, after: stopped, told: ['paused', 'stopped'] },
  'a pause': { verb: 'pause', after: { level: 'info', status: 'paused', data: HELD }, told: ['paused'] },
  'a resume': {
    verb: 'resume',
    paused: true,
    after: { level: 'info', status: 'resumed', data: HELD },
    told: ['paused', 'resumed'],
  },
};

describe('control of a job', () => {
  const gate = new Gate();
  const begun: string[] = [];
  const algorithms: Algorithms = {
    'held-alg': async ({ jobId }, { signal }) => {
      begun.push(jobId);
      await gate.wait(jobId, signal);
    },
    'bad-alg': async ({ jobId }, { signal }) => {
      begun.push(jobId);
      await gate.wait(jobId, signal);
      throw new Error('bad');
    },
  };
  const suite = useWorker({ algorithms });
  const facade = useFacade(suite, Object.keys(algorithms));
  const listen = useReceiver();

  const unable = (verb: Verb, status: string): string => {
    return `unable to ${verb} pipeline held because its in ${status} status`;
  };
  const WAYS = {
    'the facade': {
      call: (jobId, verb) =>
        facade.post(`/api/v1/exec/${verb}`, { jobId, ...(verb === 'stop' && { reason: 'enough' }) }),
      done: (jobId, verb) => ({ status: 200, body: verb === 'stop' ? { stoppedJobIds: [jobId] } : { message: 'OK' } }),
      refused(jobId, verb, status) {
        if (verb === 'stop') {
          return refusal(404, `No jobs found matching criteria (jobId: ${jobId}, statuses: active,pending,paused)`);
        }
        return status === undefined ? refusal(404, `jobId ${jobId} Not Found`) : refusal(400, unable(verb, status));
      },
    },
    "the client's handle": {
      call: (jobId, verb) => suite.worker.client.getHandle(jobId)[verb]('enough').catch(messageOf),
      done: (_, __, body) => body,
      refused: (jobId, verb, status) =>
        status === undefined ? `NotFound: status ${jobId} Not Found` : `WrongState: ${unable(verb, status)}`,
    },
    'an update of the temporal command': {
      call: (jobId, verb) => tell(['update', 'execute', '--output', 'json'], jobId, verb).then(resultOf, messageOf),
      done: (_, __, body) => body,
      refused(jobId, verb, status, isOpen) {
        if (status === undefined) return `unable to update workflow: workflow not found for ID: ${jobId}`;
        const why = isOpen ? `${unable(verb, status)} (type: WrongState, retryable: false)` : ALREADY_COMPLETED;
        return `unable to update workflow: ${why}`;
      },
    },
    'a signal of the temporal command': {
      call: (jobId, verb) => tell(['signal'], jobId, verb).catch(messageOf),
      done: () => 'Signal workflow succeeded',
      refused(jobId, _, status, isOpen) {
        if (status === undefined) return `failed signalling workflow: workflow not found for ID: ${jobId}`;
        return isOpen ? 'Signal workflow succeeded' : `failed signalling workflow: ${ALREADY_COMPLETED}`;
      },
    },
  } satisfies Record<string, Way>;

  const STATES: Record<string, State> = {
    'that is active': [['resume'], 'active', ['stopped'], () => undefined],
    'that is paused': [['pause'], 'paused', ['paused', 'stopped'], (job) => job.pause()],
    'that is resumed': [
      ['resume'],
      'active',
      ['paused', 'resumed', 'stopped'],
      (job) => job.pause().then(() => job.resume()),
    ],
    'that has completed': [VERBS, 'completed', ['completed'], letGo],
    // The first of its two failures is a warning.
    'that has failed': [VERBS, 'failed', ['active', 'failed'], letGo, 'bad-alg'],
    'that was stopped': [VERBS, 'stopped', ['stopped'], (job) => job.stop().then(() => job.result())],
    'that was terminated': [VERBS, 'failed', [], (job) => suite.client.workflow.getHandle(job.jobId).terminate()],
  };

  function tell(call: readonly string[], jobId: string, verb: Verb): Promise<string> {
    const reason = verb === 'stop' ? ['--input', '"enough"'] : [];
    return suite.command(...call, '--name', verb, '--workflow-id', jobId, ...reason);
  }

  /** A job whose two items are in hand, as its receiver knows. */
  async function hold(to: Receiver, algorithmName = 'held-alg'): Promise<JobHandle> {
    const nodes = [{ nodeName: 'green', algorithmName, input: ['#[1,2]'] }];
    const job = await suite.start({ name: 'held', nodes, webhooks: to.sharedWebhooks });
    await until('both items have begun', () => begun.filter((jobId) => jobId === job.jobId).length === 2);
    await to.until(({ received }) => received.length === 2);
    return job;
  }

  function letGo(job: JobHandle): Promise<unknown> {
    gate.open(job.jobId);
    return job.result();
  }

  /** Of a job that is over, whose result is told last; one that was terminated tells nothing more. */
  async function checkTold(to: Receiver, job: JobHandle, told: readonly string[]): Promise<void> {
    const handle = suite.client.workflow.getHandle(job.jobId);
    const { status } = await job.result();
    const terminated = (await handle.describe()).status.name === 'TERMINATED';
    if (!terminated) await suite.settle(job);
    const last = terminated ? [] : [`result ${status}`];
    expect(statusesOf(to.arrived)).to.deep.equal(['pending', 'active', ...told, ...last]);
  }

  const statusOf = async (jobId: string): Promise<ProgressBody> => {
    return (await facade.get(`/api/v1/exec/status/${jobId}`)).body as ProgressBody;
  };

  /** Waits for the status, which every way of asking tells alike once the job itself has answered: without, there are no counts. */
  async function checkStatus(job: JobHandle, after: Step['after']): Promise<ProgressBody> {
    const body = await until(`the job is ${after.status}`, async () => {
      const now = await statusOf(job.jobId);
      const isWhole = now.data !== undefined || after.data === undefined;
      return now.status === after.status && isWhole && now;
    });
    const { timestamp } = body;
    expect(JSON.stringify(body)).to.equal(JSON.stringify({ jobId: job.jobId, timestamp, pipeline: 'held', ...after }));
    expect(await job.status()).to.deep.equal(body);
    return body;
  }

  async function query(jobId: string): Promise<unknown> {
    const text = await suite.command('query', '--type', 'status', '--workflow-id', jobId, '--output', 'json');
    return (JSON.parse(text) as { queryResult: unknown[] }).queryResult[0];
  }

  for (const [what, { verb, paused, after, told }] of Object.entries(STEPS)) {
    for (const [by, way] of Object.entries(WAYS)) {
      it(`${what} by ${by}`, async () => {
        const to = await listen();
        const job = await hold(to);
        if (paused) await job.pause();
        const answer = await way.call(job.jobId, verb);
        const body = await checkStatus(job, after);
        expect(answer).to.deep.equal(way.done(job.jobId, verb, body));
        expect(await query(job.jobId)).to.deep.equal(body);
        if (verb !== 'stop') await job.stop();
        const rest = verb === 'stop' ? [] : ['stopped'];
        await checkTold(to, job, [...told, ...rest]);
      });
    }
  }

  const cancelled: Step['after'] = { ...stopped, reason: 'canceled from Temporal' };
  const terminated: Step['after'] = {
    level: 'critical',
    status: 'failed',
    error: 'the job was terminated from outside: enough',
  };
  for (const [verb, after, told, closed, says] of [
    ['cancel', cancelled, ['stopped'], 'COMPLETED', 'Canceled workflow'],
    ['terminate', terminated, [], 'TERMINATED', 'Workflow terminated'],
  ] as const) {
    for (const by of ["Temporal's client", 'the temporal command']) {
      it(`a ${verb} by ${by}`, async () => {
        const to = await listen();
        const job = await hold(to);
        const handle = suite.client.workflow.getHandle(job.jobId);
        // A cancel takes no reason.
        const reason = verb === 'terminate' ? ['--reason', 'enough'] : [];
        if (by === 'the temporal command') {
          expect(await suite.command(verb, '--workflow-id', job.jobId, ...reason)).to.equal(says);
        } else if (verb === 'cancel') await handle.cancel();
        else await handle.terminate('enough');
        await checkStatus(job, after);
        await checkTold(to, job, told);
        expect((await handle.describe()).status.name).to.equal(closed);
      });
    }
  }

  for (const verb of VERBS) {
    for (const by of ['the facade', "the client's handle"] as const) {
      it(`two calls of ${verb} at once by ${by}, of which one counts`, async () => {
        const to = await listen();
        const job = await hold(to);
        if (verb === 'resume') await job.pause();
        const way = WAYS[by];
        const answers = await Promise.all([way.call(job.jobId, verb), way.call(job.jobId, verb)]);
        const status = { stop: 'stopped', pause: 'paused', resume: 'active' }[verb];
        const body = await statusOf(job.jobId);
        expect(answers).to.have.deep.members([way.done(job.jobId, verb, body), way.refused(job.jobId, verb, status)]);
        if (verb !== 'stop') await job.stop();
        const told = { stop: [], pause: ['paused'], resume: ['paused', 'resumed'] }[verb];
        await checkTold(to, job, [...told, 'stopped']);
      });
    }
  }

  for (const [what, [verbs, status, told, reach, algorithm]] of Object.entries(STATES)) {
    it(`what a job ${what} refuses, whoever says it`, async () => {
      const to = await listen();
      const job = await hold(to, algorithm);
      await reach(job);
      const before = await statusOf(job.jobId);
      const isOpen = status === 'active' || status === 'paused';
      for (const verb of verbs) {
        for (const [by, way] of Object.entries(WAYS)) {
          const answer = await way.call(job.jobId, verb);
          expect(answer, by).to.deep.equal(way.refused(job.jobId, verb, status, isOpen));
        }
      }
      expect(await statusOf(job.jobId)).to.deep.equal(before);
      if (isOpen) await job.stop();
      await checkTold(to, job, told);
    });
  }

  it('what is refused where there is no such job, whoever says it', async () => {
    const jobId = `held:${randomUUID()}`;
    for (const verb of VERBS) {
      for (const [by, way] of Object.entries(WAYS)) {
        expect(await way.call(jobId, verb), by).to.deep.equal(way.refused(jobId, verb, undefined, false));
      }
    }
  });
});

function messageOf(error: unknown): string {
  if (error instanceof PipelineError) return `${error.code}: ${error.message}`;
  if (error instanceof Error) return error.message;
  throw error;
}

/** What an update has answered. */
function resultOf(printed: string): unknown {
  return (JSON.parse(printed) as { result: unknown }).result;
}
