/** Starts the workflow of one delivery, under an id that no other job of the same id holds (DESIGN.md, «Deliveries»). */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { isCancellation, ParentClosePolicy, patched, proxyLocalActivities, startChild } from '@temporalio/workflow';
import type { Activities, OwnDeliveryInput } from '../activities/contract';
import { DELIVERY, deliveryId, firstMemo, type DeliverWebhookInput } from '../src/domain/delivery-input';
import { deliverWebhook } from './deliver-webhook';
import { toKeyword, WEBHOOK_ID, WEBHOOK_STATE, WEBHOOK_URL } from './search-attributes';

/** Local, as a worker whose every slot is held by an algorithm for hours still has some for it. */
const { isOwnDelivery } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 5 },
});

/** Whose delivery it is. */
export interface DeliveryOwner {
  readonly jobId: string;
  readonly firstRunId: string;
  /** Whether a later job has its id by now. */
  readonly isReplaced?: boolean;
  /** Whether it may have our search attributes: one that the namespace lacks would hold a workflow's task up for ever. */
  readonly searchable: boolean;
  /** Whether deliveries of that id may have closed before: those of an earlier job. */
  readonly reusesId: boolean;
  /** Whether an earlier run of it may have had the event delivered already, with or without a delivery. */
  readonly wasReset?: boolean;
}

/** @returns the workflow that has its events */
export async function startDelivery(owner: DeliveryOwner, input: DeliverWebhookInput): Promise<string> {
  const { jobId, firstRunId } = owner;
  const another = deliveryId(jobId, input.kind, firstRunId);
  if (owner.isReplaced === true) {
    await startAs(another, { ...owner, reusesId: false }, input);
    return another;
  }
  const id = deliveryId(jobId, input.kind);
  if (owner.wasReset === true && (await isOwn({ jobId, kind: input.kind, firstRunId }))) return id;
  if (await startAs(id, owner, input)) return id;
  // The job was reset after it had ended once, or another look has told of it: its events are on their way. Or the id is
  // held by what an earlier job of this one's id could not deliver yet.
  if (!patched('deliveries-of-later-jobs') || (await isOwn({ jobId, kind: input.kind, firstRunId }))) return id;
  await startAs(another, owner, input);
  return another;
}

/** Where nobody can tell it is not: an event that arrives twice under one id is better than none. */
async function isOwn(input: OwnDeliveryInput): Promise<boolean> {
  try {
    return await isOwnDelivery(input);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}

/** @returns false where the id is taken */
async function startAs(
  workflowId: string,
  { searchable, reusesId }: DeliveryOwner,
  input: DeliverWebhookInput,
): Promise<boolean> {
  const { event } = input;
  try {
    await startChild(deliverWebhook, {
      workflowId,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: reusesId ? 'ALLOW_DUPLICATE' : 'REJECT_DUPLICATE',
      staticSummary: `${input.kind} webhook`,
      ...(event !== undefined && { memo: { [DELIVERY]: firstMemo(input) } }),
      // Without a must-deliver event there is nothing that someone could look for.
      ...(searchable &&
        event !== undefined && {
          typedSearchAttributes: [
            { key: WEBHOOK_ID, value: event.webhookId },
            { key: WEBHOOK_URL, value: toKeyword(input.url) },
            { key: WEBHOOK_STATE, value: 'pending' },
          ],
        }),
    });
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return false;
  }
}
