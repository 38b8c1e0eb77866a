/** `/status/version` and `/storage/info`: what HKube's clients ask to see whom they talk to. */
import { Type } from '@sinclair/typebox';
import { route, type Route } from '../route';
import { CLOSED } from '../schemas/parts';

/** What a facade tells of itself. */
export interface About {
  /** Of this package. */
  readonly version: string;
  /** The namespace of Temporal. */
  readonly clusterName: string;
  /** Where large values lie. */
  readonly storage: 'fs' | 's3';
}

const clusterName = Type.String({ description: "Temporal's namespace" });
const storage = Type.String({ description: 'fs or s3' });

const version = Type.Object(
  { systemVersion: Type.String(), clusterName, storage },
  { ...CLOSED, title: 'SystemVersion' },
);
const info = Type.Object({ type: storage, encoding: Type.String(), clusterName }, { ...CLOSED, title: 'StorageInfo' });

export function systemRoutes({ about = UNKNOWN }: { readonly about?: About }): Route[] {
  return [
    route({
      method: 'get',
      path: '/status/version',
      operationId: 'getVersion',
      summary: 'What answers here',
      tag: 'status',
      answers: { 200: version },
      handle: () => ({ systemVersion: about.version, clusterName: about.clusterName, storage: about.storage }),
    }),
    route({
      method: 'get',
      path: '/storage/info',
      operationId: 'getStorageInfo',
      summary: 'Where large values lie',
      tag: 'storage',
      answers: { 200: info },
      handle: () => ({ type: about.storage, encoding: 'json', clusterName: about.clusterName }),
    }),
  ];
}

const UNKNOWN: About = { version: '0.0.0', clusterName: 'default', storage: 'fs' };
