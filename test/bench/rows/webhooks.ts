/** Many jobs with webhooks, until a receiver has the last of them, and each is what it must be. */
import { randomUUID } from 'node:crypto';
import type { ResultBody } from '../../../src/domain/events';
import { Receiver, type Received } from '../../support/receiver';
import { checkBody, checkValues, pipelineOf } from '../jobs';
import type { Rig } from '../rig';
import type { Sample } from '../row';

/** What a healthy job sends: three progress events and its result. */
const STATUSES = ['pending', 'active', 'completed'];
const WEBHOOKS_A_JOB = STATUSES.length + 1;
const RECEIVED_WITHIN_MS = 55_000;

export function runOursWithWebhooks(rig: Rig, jobs: number, items: number): Promise<Sample> {
  return withReceiver(
    jobs,
    async ({ webhooks }) => (await rig.pipelines.start({ ...pipelineOf(items), webhooks })).jobId,
    (text) => {
      checkBody(JSON.parse(text) as ResultBody, items);
    },
  );
}

export function runBareWithWebhooks(rig: Rig, jobs: number, items: number): Promise<Sample> {
  return withReceiver(
    jobs,
    async ({ url }) => {
      const workflowId = `bare:${randomUUID()}`;
      const args = [items, workflowId, url];
      await rig.client.workflow.start('bareBatchWithWebhooks', { workflowId, taskQueue: rig.queue('bare'), args });
      return workflowId;
    },
    (text) => {
      checkValues((JSON.parse(text) as { data: unknown[] }).data, items);
    },
  );
}

async function withReceiver(
  jobs: number,
  start: (receiver: Receiver) => Promise<string>,
  checkResult: (text: string) => void,
): Promise<Sample> {
  const receiver = await Receiver.start();
  try {
    const startedAt = Date.now();
    const ids = await Promise.all(Array.from({ length: jobs }, () => start(receiver)));
    await receiver
      .until(({ received }) => received.length >= jobs * WEBHOOKS_A_JOB, RECEIVED_WITHIN_MS)
      .catch(() => {
        throw new Error(`${receiver.received.length} of ${jobs * WEBHOOKS_A_JOB} webhooks were received`);
      });
    const last = Math.max(...receiver.received.map(({ at }) => at));
    const byJob = new Map<string, Received[]>(ids.map((id) => [id, []]));
    for (const request of receiver.received) byJob.get((JSON.parse(request.text) as ResultBody).jobId)?.push(request);
    for (const received of byJob.values()) checkJob(received, checkResult);
    return { ms: last - startedAt, count: jobs };
  } finally {
    await receiver.close();
  }
}

function checkJob(received: readonly Received[], checkResult: (text: string) => void): void {
  const statuses = received
    .filter(({ path }) => path === '/progress')
    .map(({ text }) => (JSON.parse(text) as ResultBody).status);
  if (statuses.join() !== STATUSES.join()) throw new Error(`the progress received is ${statuses.join()}`);
  const results = received.filter(({ path }) => path === '/result');
  if (results.length !== 1) throw new Error(`${results.length} results were received of one job`);
  for (const { text } of results) checkResult(text);
}
