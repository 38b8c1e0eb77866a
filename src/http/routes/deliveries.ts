/** `/webhooks`: the record of deliveries, redelivery and test sends (contract §8). */
import type { Static } from '@sinclair/typebox';
import type { DeliveryCriteria, PipelineClient } from '../../client';
import type { DeliveryState } from '../../domain/delivery-record';
import { invalid } from '../../domain/errors';
import { route, type Route } from '../route';
import {
  delivery,
  deliveryPage,
  deliveryParams,
  deliveryQuery,
  redelivering,
  redelivery,
  testOutcome,
  testSend,
} from '../schemas/deliveries';

export function deliveryRoutes({ pipelines: { deliveries } }: { readonly pipelines: PipelineClient }): Route[] {
  return [
    // Before the one with an id, which a reader may leave out.
    route({
      method: 'get',
      path: '/webhooks/deliveries',
      operationId: 'listDeliveries',
      summary: 'What was sent to receivers, and what waits to be sent',
      tag: 'webhooks',
      query: deliveryQuery,
      answers: { 200: deliveryPage },
      errors: [400],
      handle({ query: { limit, cursor, ...criteria } }) {
        const page = { ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) };
        return deliveries.list(criteriaOf(criteria), page);
      },
    }),
    route({
      method: 'get',
      path: '/webhooks/deliveries/{id}',
      operationId: 'getDelivery',
      summary: 'One delivery with all its attempts',
      tag: 'webhooks',
      params: deliveryParams,
      answers: { 200: delivery },
      errors: [400, 404],
      handle: ({ params }) => deliveries.get(params.id),
    }),
    route({
      method: 'post',
      path: '/webhooks/redeliver',
      operationId: 'redeliver',
      summary: 'Try one delivery again, or all that match',
      tag: 'webhooks',
      body: redelivery,
      bodyCheck: 'strict',
      answers: { 202: redelivering },
      errors: [400, 404],
      async handle({ body: { id, ...criteria } }) {
        if (id === undefined) return { redelivering: await deliveries.redeliverAll(criteriaOf(criteria)) };
        const [other] = Object.keys(criteria);
        if (other !== undefined) throw invalid(`data should NOT have both 'id' and '${other}'`);
        await deliveries.redeliver(id);
        return { redelivering: 1 };
      },
    }),
    route({
      method: 'post',
      path: '/webhooks/test',
      operationId: 'testWebhook',
      summary: 'Send a sample to a receiver, signed and guarded as the real ones',
      tag: 'webhooks',
      body: testSend,
      bodyCheck: 'strict',
      answers: { 200: testOutcome },
      errors: [400],
      handle: ({ body: { url, kind } }) => deliveries.test(url, kind),
    }),
  ];
}

/** The texts were checked: what is no time or state is not let through. */
function criteriaOf({ jobId, url, state, from, to }: Omit<Static<typeof redelivery>, 'id'>): DeliveryCriteria {
  return {
    ...(jobId !== undefined && { jobId }),
    ...(url !== undefined && { url }),
    ...(state !== undefined && { states: state.split(',') as DeliveryState[] }),
    ...(from !== undefined && { from: new Date(from).getTime() }),
    ...(to !== undefined && { to: new Date(to).getTime() }),
  };
}
