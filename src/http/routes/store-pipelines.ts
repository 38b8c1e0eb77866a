/** `/store/pipelines`: pipelines that are started by their names, with HKube's answers. */
import type { Pipeline } from '../../domain/pipeline';
import { withDefaults } from '../../domain/defaults';
import { PipelineError } from '../../domain/errors';
import { definitionRoutes } from '../definition-routes';
import type { Route } from '../route';
import { storedPipeline } from '../schemas/answers';
import { pipeline as schema } from '../schemas/pipeline';
import { stopAll } from '../stop-jobs';
import { createStarter, type ExecOptions } from './exec';

export function storePipelineRoutes(options: ExecOptions): Route[] {
  const { pipelines, store } = options;
  const starter = createStarter(options);
  return definitionRoutes<Pipeline>({
    kind: 'pipeline',
    definitions: store.pipelines,
    schema,
    stored: storedPipeline,
    check: async (document) => withDefaults(await starter.checkDefinition(document)),
    remove: async (name) => {
      if (!(await store.pipelines.delete(name))) throw new PipelineError('NotFound', `pipeline ${name} Not Found`);
      const running = await findStored(name);
      const { stopped } = await stopAll(running, `pipeline ${name} was deleted`);
      if (running.length === 0) return '';
      return `, stopped related running pipelines ${String(stopped.length)}/${String(running.length)}`;
    },
  });

  async function findStored(name: string): ReturnType<typeof pipelines.find> {
    try {
      return await pipelines.find({ pipelineName: name, type: 'stored' });
    } catch (error) {
      // Where jobs can't be searched for, none is stopped: it is deleted by now.
      if (error instanceof PipelineError) return [];
      throw error;
    }
  }
}
