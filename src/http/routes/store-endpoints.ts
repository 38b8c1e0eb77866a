/** `/store/endpoints`: what is set for single receivers of webhooks. Its secrets go in and never come out. */
import type { Endpoint, StoredEndpoint } from '../../domain/endpoint';
import { PipelineError } from '../../domain/errors';
import { replaceEndpoint, sealEndpoint } from '../../store/endpoints';
import type { Sealer } from '../../store/seal';
import type { Store } from '../../store/store';
import { checkEndpoint } from '../../webhooks/endpoint-rules';
import type { AllowList } from '../../webhooks/guard';
import { definitionRoutes } from '../definition-routes';
import { DefinitionService } from '../definitions';
import type { Route } from '../route';
import { storedEndpoint } from '../schemas/answers';
import { endpoint as schema } from '../schemas/endpoint';

export interface StoreEndpointOptions {
  readonly store: Store;
  /** Addresses besides the public ones that webhooks may reach. */
  readonly allow: AllowList;
  readonly sealer: Sealer;
}

export function storeEndpointRoutes({ store, allow, sealer }: StoreEndpointOptions): Route[] {
  const service = new DefinitionService<StoredEndpoint>({
    kind: 'endpoint',
    definitions: store.endpoints,
    schema,
    stored: storedEndpoint,
    added: ['kept'],
    check: (document) => Promise.resolve(sealEndpoint(checkEndpoint(document as Endpoint, allow), sealer)),
    replace: replaceEndpoint,
    show: ({ sealed: _, ...shown }) => shown,
  });
  const routes = definitionRoutes({
    service,
    async remove(name) {
      if (!(await store.endpoints.delete(name))) throw new PipelineError('NotFound', `endpoint ${name} Not Found`);
      return '';
    },
  });
  return Object.values(routes) as Route[];
}
