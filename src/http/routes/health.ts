/** Health, outside the prefix and without a token (contract §9). */
import { Type } from '@sinclair/typebox';
import { route, withStatus, type Route } from '../route';

export interface Readiness {
  readonly temporal: boolean;
  /** Whether a worker asked for work in the last 70 seconds. */
  readonly worker: boolean;
  readonly database?: boolean;
}

const health = Type.Object({ status: Type.Literal('ok') }, { title: 'Health' });
const readinessBody = Type.Object(
  {
    status: Type.Union([Type.Literal('ok'), Type.Literal('unavailable')]),
    temporal: Type.Boolean(),
    worker: Type.Boolean({ description: 'one was seen in the last 70 seconds' }),
    database: Type.Optional(Type.Boolean()),
  },
  { title: 'Readiness' },
);

export function healthRoutes({ readiness }: { readonly readiness: () => Promise<Readiness> }): Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      operationId: 'getHealth',
      summary: 'The process is up',
      tag: 'health',
      answers: { 200: health },
      handle: () => ({ status: 'ok' }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      operationId: 'getReadiness',
      summary: 'All that is needed answers',
      tag: 'health',
      answers: { 200: readinessBody, 503: readinessBody },
      async handle() {
        const found = await readiness();
        const ready = Object.values(found).every(Boolean);
        return withStatus(ready ? 200 : 503, { status: ready ? 'ok' : 'unavailable', ...found });
      },
    }),
  ];
}
