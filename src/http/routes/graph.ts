/** `/graph` and `/store/pipelines/graph`: the nodes of a job or a pipeline, and who reads whom. */
import type { PipelineClient } from '../../client';
import { PipelineError } from '../../domain/errors';
import { planNodes } from '../../domain/graph';
import { edgesOf } from '../../domain/graph-edges';
import type { ItemQuery } from '../../domain/job-graph';
import type { Pipeline } from '../../domain/pipeline';
import type { Store } from '../../store/store';
import { notFoundAs } from '../not-found';
import { route, type Route } from '../route';
import { graph, graphPreview, graphQuery, previewRequest } from '../schemas/job-details';
import { jobParams, nameParams } from '../schemas/requests';

export interface GraphOptions {
  readonly pipelines: PipelineClient;
  readonly store: Pick<Store, 'pipelines'>;
}

export function graphRoutes({ pipelines, store }: GraphOptions): Route[] {
  const read = async (jobId: string, query?: ItemQuery): Promise<object> => {
    const handle = pipelines.getHandle(jobId);
    // Before the node is looked for, which may be missing too.
    await handle.startTime().catch(notFoundAs(`graph ${jobId} Not Found`));
    return await handle.graph(query);
  };

  return [
    route({
      method: 'get',
      path: '/graph/raw/{jobId}',
      operationId: 'getGraph',
      summary: 'The nodes of a job, how they stand, and who reads whom',
      tag: 'graph',
      params: jobParams,
      answers: { 200: graph },
      errors: [400, 404],
      handle: ({ params: { jobId } }) => read(jobId),
    }),
    route({
      method: 'get',
      path: '/graph/parsed/{jobId}',
      operationId: 'getParsedGraph',
      summary: 'The same of one node or of all, with the items that are asked for',
      tag: 'graph',
      params: jobParams,
      query: graphQuery,
      answers: { 200: graph },
      errors: [400, 404],
      // A node without a name is none that is asked for, as with HKube.
      handle: ({ params: { jobId }, query: { node = '', ...query } }) =>
        read(jobId, node === '' ? query : { node, ...query }),
    }),
    route({
      method: 'get',
      path: '/store/pipelines/graph/{name}',
      operationId: 'previewStoredGraph',
      summary: 'The graph that a stored pipeline will have',
      tag: 'store',
      params: nameParams,
      answers: { 200: graphPreview },
      errors: [400, 404],
      async handle({ params: { name } }) {
        const found = await store.pipelines.get(name);
        if (found === undefined) throw new PipelineError('NotFound', `pipeline ${name} Not Found`);
        return preview(found.definition);
      },
    }),
    route({
      method: 'post',
      path: '/store/pipelines/graph',
      operationId: 'previewGraph',
      summary: 'The graph that a pipeline would have; nothing is stored',
      tag: 'store',
      body: previewRequest,
      answers: { 200: graphPreview },
      errors: [400],
      handle: ({ body }) => preview(pipelines.parseDefinition(body.pipeline)),
    }),
  ];
}

function preview(pipeline: Pipeline): object {
  const plans = planNodes(pipeline);
  return {
    nodes: plans.map(({ nodeName, algorithmName }) => ({ nodeName, algorithmName })),
    edges: edgesOf(plans),
  };
}
