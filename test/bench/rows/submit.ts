/** How fast jobs are taken, where nobody runs them. */
import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { until } from '../../support/until';
import { pipelineOf, timed } from '../jobs';
import { NOBODYS_QUEUE, type Rig } from '../rig';
import { perSecond, type Group, type Scale } from '../row';

const CONNECTIONS = 50;

export function submitGroup({ quick }: Scale): Group {
  const jobs = quick ? 150 : 500;
  return {
    name: 'submit',
    variants: [
      {
        name: 'POST /exec/raw',
        async run(rig) {
          const pool = new Pool(await rig.facadeUrl(), { connections: CONNECTIONS, pipelining: 1 });
          try {
            const definition = { name: 'times-ten', algorithmImage: 'bench/times-ten' };
            // Known from an earlier run, or stored now.
            await post(pool, '/api/v1/store/algorithms', definition).catch(() => undefined);
            const ids: string[] = [];
            const submit = async (): Promise<void> => {
              const { jobId } = (await post(pool, '/api/v1/exec/raw', pipelineOf(3))) as { jobId: string };
              ids.push(jobId);
            };
            await submit();
            const ms = await timed(() => inLanes(jobs, submit));
            await checkStarted(rig, ids);
            return { ms, count: jobs };
          } finally {
            await pool.close();
          }
        },
      },
      {
        name: 'client.workflow.start',
        async run(rig) {
          const ids: string[] = [];
          const submit = async (): Promise<void> => {
            const workflowId = `bench:${randomUUID()}`;
            const args = [pipelineOf(3)];
            await rig.client.workflow.start('runPipeline', { workflowId, taskQueue: NOBODYS_QUEUE, args });
            ids.push(workflowId);
          };
          await submit();
          const ms = await timed(() => inLanes(jobs, submit));
          await checkStarted(rig, ids);
          return { ms, count: jobs };
        },
      },
    ],
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

async function inLanes(count: number, run: () => Promise<void>): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await run();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
}

/** The server has all of them, and has them waiting. */
async function checkStarted(rig: Rig, ids: readonly string[]): Promise<void> {
  const wanted = new Set(ids);
  const query = `TaskQueue = '${NOBODYS_QUEUE}' AND ExecutionStatus = 'Running'`;
  await until('all jobs are there', async () => {
    const found = new Set<string>();
    for await (const { workflowId } of rig.client.workflow.list({ query, pageSize: 1_000 })) found.add(workflowId);
    return [...wanted].every((id) => found.has(id));
  });
  for (const id of wanted) await rig.client.workflow.getHandle(id).terminate();
}
