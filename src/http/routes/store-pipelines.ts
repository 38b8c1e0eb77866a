/** `/store/pipelines`: pipelines that are started by their names, with HKube's answers. */
import type { Pipeline } from '../../domain/pipeline';
import { withDefaults } from '../../domain/defaults';
import { PipelineError } from '../../domain/errors';
import { definitionRoutes } from '../definition-routes';
import { DefinitionService } from '../definitions';
import { removePipeline } from '../remove-pipeline';
import type { Route } from '../route';
import { storedPipeline } from '../schemas/answers';
import { pipeline as schema } from '../schemas/pipeline';
import { keepOldVersions as removeQuery } from '../schemas/store-queries';
import { createStarter, type ExecOptions } from './exec';

export function storePipelineRoutes(options: ExecOptions): Route[] {
  const starter = createStarter(options);
  const service = new DefinitionService<Pipeline>({
    kind: 'pipeline',
    definitions: options.store.pipelines,
    schema,
    stored: storedPipeline,
    check: async (document) => withDefaults(await starter.checkDefinition(document)),
  });
  const routes = definitionRoutes({
    service,
    removeQuery,
    async remove(name, { keepOldVersions: keepVersions = true }) {
      const removed = await removePipeline(options, name, { keepVersions });
      if (removed === undefined) throw new PipelineError('NotFound', `pipeline ${name} Not Found`);
      const { running, stopped } = removed;
      return running === 0 ? '' : `, stopped related running pipelines ${String(stopped)}/${String(running)}`;
    },
  });
  return Object.values(routes);
}
