/** The record of what was sent to receivers, and how to have it sent again (contract §7 and §8). */
import type { Client } from '@temporalio/client';
import type { WebhookKind } from '../domain/delivery';
import type { DeliveryRecord } from '../domain/delivery-record';
import { invalid, PipelineError } from '../domain/errors';
import { parseSettings, type JobSettings } from '../domain/settings';
import { readDelivery } from './delivery-reader';
import { findDelivery, type DeliveryCriteria } from './find-deliveries';
import { listDeliveries, type DeliveryPage } from './list-deliveries';
import { redeliverMatching, redeliverOne } from './redeliver';
import { sendTest, type TestOutcome } from './test-webhook';

/** How much of a list is asked for. */
export interface PageOptions {
  /** 1 to 100. @default 20 */
  readonly limit?: number;
  /** Of the page before. @default the first page */
  readonly cursor?: string;
}

const PAGE = 20;

/**
 * The deliveries of must-deliver events: of the result of each job, and of its terminal progress event. They are found by
 * search attributes: each call but {@link Deliveries.test} throws a {@link PipelineError} `Unavailable` where the namespace
 * lacks them. Visibility is a moment behind, so one that has begun just now may not be found yet.
 */
export class Deliveries {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string,
    private readonly settings: Partial<JobSettings> = {},
  ) {}

  /**
   * Those that match, a page at a time: those waiting first, then by end, newest first.
   *
   * @throws PipelineError `InvalidPipeline` where the cursor is none
   */
  list(criteria: DeliveryCriteria = {}, { limit = PAGE, cursor }: PageOptions = {}): Promise<DeliveryPage> {
    return listDeliveries(this.client, criteria, limit, cursor);
  }

  /**
   * One of them with all its attempts. Needs no worker.
   *
   * @param id the event's `webhook-id`
   * @throws PipelineError `NotFound`
   */
  async get(id: string): Promise<DeliveryRecord> {
    const where = await findDelivery(this.client, id);
    const found = where && (await readDelivery(this.client, where));
    // A later job of the same id has deliveries of the same workflows.
    if (found?.record.id !== id) throw new PipelineError('NotFound', `delivery ${id} Not Found`);
    return found.record;
  }

  /**
   * Makes one attempt more, at once, under the same `webhook-id`. A success cancels the automatic retry that is planned;
   * a failure changes nothing. Who asks while one is being made has that one.
   *
   * @param id the event's `webhook-id`
   * @throws PipelineError `NotFound`, or `WrongState` where its retention has passed
   */
  redeliver(id: string): Promise<void> {
    return redeliverOne(this.client, id);
  }

  /**
   * The same for all that match, at most 10,000 a call; at one host ten of them begin in a second. Where no states are
   * given it is those that are dead.
   *
   * @returns how many were asked; those whose retention has passed are left out
   * @throws PipelineError `InvalidPipeline` where nothing is given at all
   */
  async redeliverAll({ states, ...criteria }: DeliveryCriteria): Promise<number> {
    if (states === undefined && Object.keys(criteria).length === 0) {
      throw invalid("data should have required property 'id'");
    }
    return await redeliverMatching(this.client, { ...criteria, states: states ?? ['dead'] });
  }

  /**
   * Sends a signed sample once, as a worker sends the webhooks of jobs and under the same guard.
   *
   * @throws PipelineError `Unavailable` where no worker sent it in time
   */
  test(url: string, kind: WebhookKind): Promise<TestOutcome> {
    const { webhookTaskQueue, attemptTimeoutMs, dialect = 'contract' } = parseSettings(this.settings);
    return sendTest(this.client, {
      url,
      kind,
      dialect,
      taskQueue: this.taskQueue,
      webhookTaskQueue: webhookTaskQueue ?? `${this.taskQueue}-webhooks`,
      deadlineMs: attemptTimeoutMs,
    });
  }
}
