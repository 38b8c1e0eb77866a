/** How fast jobs are taken, where nobody runs them. */
import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { until } from '../../support/until';
import { pipelineOf, timed } from '../jobs';
import { NOBODYS_QUEUE, type Rig } from '../rig';
import { perSecond, repeated, type Group, type Scale, type Variant } from '../row';

const CONNECTIONS = 50;

export function submitGroup(scale: Scale): Group {
  const { quick } = scale;
  const jobs = quick ? 150 : 500;
  // A process is slow at first: our facade is new here, while the caller has started hundreds of jobs by now.
  const warmUps = quick ? 300 : 2_000;
  const warm = new Set<string>();
  const submitting = (name: string, open: (rig: Rig) => Promise<Submitter>): Variant => ({
    name,
    async run(rig) {
      const submitter = await open(rig);
      try {
        if (!warm.has(name)) await inLanes(warmUps, submitter);
        warm.add(name);
        const since = new Date();
        let ids: string[] = [];
        const ms = await timed(async () => {
          ids = await inLanes(jobs, submitter);
        });
        await checkStarted(rig, ids, since);
        return { ms, count: jobs };
      } finally {
        await submitter.close?.();
      }
    },
  });
  return {
    name: 'submit',
    repetitions: repeated(scale, 15),
    variants: [submitting('POST /exec/raw', openFacade), submitting('client.workflow.start', openClient)],
    rows: [
      {
        what: 'POST /exec/raw over 50 connections to a queue nobody polls, against client.workflow.start alone',
        of: 'POST /exec/raw',
        against: 'client.workflow.start',
        value: perSecond,
        unit: 'starts/s',
        target: { atLeast: 0.8 },
      },
    ],
  };
}

interface Submitter {
  /** @returns the id of the workflow that runs the job */
  submit(): Promise<string>;
  close?(): Promise<void>;
}

async function openFacade(rig: Rig): Promise<Submitter> {
  const pool = new Pool(await rig.facadeUrl(), { connections: CONNECTIONS, pipelining: 1 });
  const definition = { name: 'times-ten', algorithmImage: 'bench/times-ten' };
  // Known from an earlier run, or stored now.
  await post(pool, '/api/v1/store/algorithms', definition).catch(() => undefined);
  return {
    async submit() {
      const { jobId } = (await post(pool, '/api/v1/exec/raw', pipelineOf(3))) as { jobId: string };
      return jobId;
    },
    close: () => pool.close(),
  };
}

function openClient(rig: Rig): Promise<Submitter> {
  return Promise.resolve({
    async submit() {
      const workflowId = `bench:${randomUUID()}`;
      const args = [pipelineOf(3)];
      await rig.client.workflow.start('runPipeline', { workflowId, taskQueue: NOBODYS_QUEUE, args });
      return workflowId;
    },
  });
}

async function post(pool: Pool, path: string, body: unknown): Promise<unknown> {
  const answer = await pool.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${path} answered ${answer.statusCode}: ${text}`);
  return JSON.parse(text);
}

/** @returns the ids of what was started */
async function inLanes(count: number, submitter: Submitter): Promise<string[]> {
  const ids: string[] = [];
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) ids.push(await submitter.submit());
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  return ids;
}

/** The server has all of them, and has them waiting: they end with it. */
async function checkStarted(rig: Rig, ids: readonly string[], since: Date): Promise<void> {
  const wanted = new Set(ids);
  const query = `TaskQueue = '${NOBODYS_QUEUE}' AND ExecutionStatus = 'Running' AND StartTime >= '${since.toISOString()}'`;
  await until('all jobs are there', async () => {
    const found = new Set<string>();
    for await (const { workflowId } of rig.client.workflow.list({ query, pageSize: 1_000 })) found.add(workflowId);
    return [...wanted].every((id) => found.has(id));
  });
}
