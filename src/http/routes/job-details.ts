/** `/exec`: what else is known of one job (`hkube-api.md` §2). */
import type { PipelineClient } from '../../client';
import { notFoundAs } from '../not-found';
import { asStream, NO_BODY, route, withStatus, type Route } from '../route';
import { auditTrail, flowInputQuery, jobTree } from '../schemas/job-details';
import { anyJson } from '../schemas/parts';
import { jobParams } from '../schemas/requests';
import { forgotten } from '../search-hits';
import { NOBODY } from '../user';

export function jobDetailRoutes({ pipelines }: { readonly pipelines: PipelineClient }): Route[] {
  return [
    route({
      method: 'get',
      path: '/exec/auditTrail/{jobId}',
      operationId: 'getAuditTrail',
      summary: 'What people have done to a job, the latest first',
      tag: 'exec',
      params: jobParams,
      answers: { 200: auditTrail },
      errors: [400, 404],
      async handle({ params: { jobId } }) {
        const trail = await pipelines
          .getHandle(jobId)
          .auditTrail()
          .catch(notFoundAs(`auditTrail ${jobId} Not Found`));
        const entries = trail.map(({ at, action, reason }, index) => {
          return [index, { timestamp: at, user: NOBODY, action, ...(reason !== undefined && { reason }) }];
        });
        return { ...(Object.fromEntries(entries) as object), jobId };
      },
    }),
    route({
      method: 'get',
      path: '/exec/tree/{jobId}',
      operationId: 'getTree',
      summary: 'The jobs that started each other, of which the job is one',
      tag: 'exec',
      params: jobParams,
      answers: { 200: jobTree },
      errors: [400, 404],
      handle: ({ params: { jobId } }) => pipelines.jobs.tree(jobId).catch(notFoundAs(`tree ${jobId} Not Found`)),
    }),
    route({
      method: 'get',
      path: '/exec/flowInput/{jobId}',
      operationId: 'getFlowInput',
      summary: 'The flow input that a job was started with',
      tag: 'exec',
      params: jobParams,
      query: flowInputQuery,
      answers: { 200: anyJson, 404: NO_BODY },
      errors: [400],
      async handle({ params: { jobId }, query: { download = '' } }) {
        const found = await pipelines.getHandle(jobId).flowInput().catch(forgotten);
        if (found === undefined) return withStatus(404);
        const headers = download === '' ? {} : { 'content-disposition': 'attachment; filename="flowInput.json"' };
        return withStatus(200, found.text === undefined ? found.value : asStream(found.text), headers);
      },
    }),
  ];
}
