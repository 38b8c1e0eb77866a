/** `/metrics`, outside the prefix, for Prometheus. */
import { Type } from '@sinclair/typebox';
import type { Metrics } from '../metrics';
import { route, type Route } from '../route';

const text = Type.String({ contentMediaType: 'text/plain', description: "Prometheus' text format" });

export function metricsRoutes(metrics: Metrics): Route[] {
  return [
    route({
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'Requests, the process, and jobs by status',
      tag: 'health',
      answers: { 200: text },
      handle: () => metrics.read(),
    }),
  ];
}
