import type { Client } from '@temporalio/client';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { PipelineClient, type DeliveryCriteria } from '../../src/client';
import type { WebhookKind } from '../../src/domain/delivery';
import { DELIVERY } from '../../src/domain/delivery-input';
import type { DeliveryRecord } from '../../src/domain/delivery-record';
import { DELIVER_WEBHOOK, DELIVERIES, RUN_PIPELINE } from '../../workflows/messages';
import {
  WEBHOOK_ID,
  WEBHOOK_PROGRESS_ID,
  WEBHOOK_PROGRESS_URL,
  WEBHOOK_STATE,
  WEBHOOK_URL,
} from '../../workflows/search-attributes';
import { rejection } from '../support/rejection';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { untilListed } from '../support/visibility';

// What a job has delivered itself, as its run tells of it: no worker is there.

const HOUR = 3_600_000;

describe('deliveries that a job has made itself', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);
  const taskQueue = `nobody-${randomUUID()}`;
  const open: string[] = [];
  let client: Client;
  let pipelines: PipelineClient;

  before(async () => {
    ({ client } = await sharedTemporal());
    pipelines = new PipelineClient(client, { taskQueue });
  });
  afterEach(async () => {
    for (const workflowId of open.splice(0)) await client.workflow.getHandle(workflowId).terminate();
  });

  function recordOf(jobId: string, kind: WebhookKind, createdAt: number): DeliveryRecord {
    const at = new Date(createdAt).toISOString();
    return {
      id: `msg_${randomUUID().replaceAll('-', '')}`,
      jobId,
      kind,
      url: `http://localhost/${jobId}/${kind}`,
      state: 'delivered',
      sequence: 1,
      createdAt: at,
      attempts: [{ attempt: 1, trigger: 'auto', startedAt: at, durationMs: 5, statusCode: 200 }],
    };
  }

  /** Its progress event an hour before its result. */
  async function run(jobId = `taken:${randomUUID()}`): Promise<Record<WebhookKind, DeliveryRecord>> {
    const now = Date.now();
    const result = recordOf(jobId, 'result', now);
    const progress = recordOf(jobId, 'progress', now - HOUR);
    await client.workflow.start(RUN_PIPELINE, {
      workflowId: jobId,
      taskQueue,
      args: [{ name: 'taken', nodes: [] }],
      memo: { [DELIVERIES]: { progress, result } },
      typedSearchAttributes: [
        { key: WEBHOOK_STATE, value: 'delivered' },
        { key: WEBHOOK_ID, value: result.id },
        { key: WEBHOOK_URL, value: result.url },
        { key: WEBHOOK_PROGRESS_ID, value: progress.id },
        { key: WEBHOOK_PROGRESS_URL, value: progress.url },
      ],
    });
    await client.workflow.getHandle(jobId).terminate();
    await untilListed(client, 1, `${WEBHOOK_ID.name} = '${result.id}' AND ExecutionStatus = 'Terminated'`);
    return { progress, result };
  }

  async function list(criteria: DeliveryCriteria): Promise<readonly DeliveryRecord[]> {
    return (await pipelines.deliveries.list(criteria)).hits;
  }

  /** Its workflow, as one that somebody has asked for again. */
  async function begin(workflowId: string, record: DeliveryRecord): Promise<void> {
    await client.workflow.start(DELIVER_WEBHOOK, { workflowId, taskQueue, memo: { [DELIVERY]: { record } } });
    open.push(workflowId);
  }

  it('are found by id, job, URL, state and time', async () => {
    const { progress, result } = await run();
    const { jobId } = result;
    for (const record of [progress, result]) {
      expect(await pipelines.deliveries.get(record.id)).to.deep.equal(record);
      expect(await list({ url: record.url })).to.deep.equal([record]);
    }
    expect(await list({ jobId })).to.deep.equal([progress, result]);
    expect(await list({ jobId, states: ['delivered'] })).to.deep.equal([progress, result]);
    expect(await list({ jobId, states: ['dead', 'pending'] })).to.deep.equal([]);
    expect(await list({ jobId, from: Date.parse(result.createdAt) - 1 })).to.deep.equal([result]);
    expect(await list({ jobId, to: Date.now() + HOUR })).to.deep.equal([progress, result]);
    expect(await list({ jobId, to: Date.now() - 2 * HOUR })).to.deep.equal([]);
  });

  it('are two hits of one run, also over pages', async () => {
    const { progress, result } = await run();
    const { jobId } = result;
    const first = await pipelines.deliveries.list({ jobId }, { limit: 1 });
    expect(first.hits).to.deep.equal([progress]);
    const second = await pipelines.deliveries.list({ jobId }, { limit: 1, cursor: first.cursor ?? '' });
    expect(second).to.deep.equal({ hits: [result] });
  });

  it('are told by their workflows where they were asked for again', async () => {
    const { progress, result } = await run();
    const { jobId } = result;
    const attempts = result.attempts.flatMap((attempt) => [attempt, { ...attempt, attempt: 2 }]);
    const again = { ...result, attempts };
    await begin(`${jobId}/result`, again);
    expect(await pipelines.deliveries.get(result.id)).to.deep.equal(again);
    expect(await list({ jobId })).to.deep.equal([progress, again]);
  });

  it('are not told by what another job of the id has sent', async () => {
    const { result } = await run();
    const { jobId } = result;
    const { runId } = await client.workflow.getHandle(jobId).describe();
    await begin(`${jobId}/result`, recordOf(jobId, 'result', Date.now()));
    expect(await pipelines.deliveries.get(result.id)).to.deep.equal(result);
    const again = { ...result, attempts: [] };
    await begin(`${jobId}/result/${runId}`, again);
    expect(await pipelines.deliveries.get(result.id)).to.deep.equal(again);
  });

  it('of two jobs of one id are both listed', async () => {
    const one = await run();
    const { jobId } = one.result;
    const other = await run(jobId);
    expect(await list({ jobId })).to.deep.equal([other.progress, other.result, one.progress, one.result]);
  });

  it('are missing where the history does not tell what was sent', async () => {
    const { result } = await run();
    expect(await rejection(pipelines.deliveries.redeliver(result.id))).to.have.property('code', 'NotFound');
  });
});
