/** `/versions`: what stored pipelines and algorithms were, and which version they are now. */
import { Type } from '@sinclair/typebox';
import { invalid, PipelineError } from '../../domain/errors';
import { semverOf } from '../../domain/semver';
import type { Store, Version, VersionedDefinitions } from '../../store/store';
import { route, type Route } from '../route';
import { nameParams } from '../schemas/requests';
import { versionParams, versionsQuery } from '../schemas/store-queries';
import { aliasRequest, applyRequest, deleted, oldDefinition, tagRequest, versionAnswer } from '../schemas/versions';

const MAX_VERSIONS = 1_000;

export function definitionVersionRoutes({ pipelines, algorithms }: Store): Route[] {
  return [...routesOf('pipeline', pipelines), ...routesOf('algorithm', algorithms)];
}

function routesOf<T extends { readonly name: string }>(
  kind: 'pipeline' | 'algorithm',
  { versions }: VersionedDefinitions<T>,
): Route[] {
  const path = `/versions/${kind}s`;
  const name = kind === 'pipeline' ? 'Pipeline' : 'Algorithm';
  const tag = 'versions';
  const answer = versionAnswer(kind, oldDefinition, `${name}Version`);

  const present = ({ definition, labels, ...of }: Version<T>): object => {
    const { version, created, createdBy } = of;
    const semver = semverOf(of.number);
    const { alias = `v${semver}`, ...more } = labels;
    return {
      version,
      semver,
      created,
      createdBy,
      name: of.name,
      versionAlias: alias,
      ...more,
      ...imageOf(definition),
      [kind]: { ...definition, version, modified: created },
    };
  };

  /** HKube's command line names an algorithm's version by its image. */
  const idOf = async (of: string, version: string | undefined, image: string | undefined): Promise<string> => {
    if (version !== undefined) return version;
    if (image === undefined) throw invalid("data should have required property 'version'");
    const all = await versions.list(of, MAX_VERSIONS);
    const found = all.find(({ definition }) => imageOf(definition).algorithmImage === image);
    if (found === undefined) throw new PipelineError('NotFound', `version ${image} Not Found`);
    return found.version;
  };

  const routes = [
    route({
      method: 'get',
      path: `${path}/{name}`,
      operationId: `list${name}Versions`,
      summary: `The versions of ${kind === 'pipeline' ? 'a' : 'an'} ${kind}, the newest first; also of one that was deleted`,
      tag,
      params: nameParams,
      query: versionsQuery,
      answers: { 200: Type.Array(answer) },
      errors: [400],
      handle: async ({ params, query: { limit = MAX_VERSIONS } }) =>
        (await versions.list(params.name, limit)).map(present),
    }),
    route({
      method: 'get',
      path: `${path}/{name}/{version}`,
      operationId: `get${name}Version`,
      summary: 'One version',
      tag,
      params: versionParams,
      answers: { 200: answer },
      errors: [400, 404],
      handle: async ({ params }) => present(await versions.get(params.name, params.version)),
    }),
    route({
      method: 'post',
      path: `${path}/apply`,
      operationId: `apply${name}Version`,
      summary: `Make a version what is stored of the ${kind}`,
      tag,
      body: applyRequest,
      bodyCheck: 'strict',
      answers: { 201: answer },
      errors: [400, 404],
      async handle({ body: { name: of, version, image }, user }) {
        return present(await versions.apply(of, await idOf(of, version, image), user));
      },
    }),
    route({
      method: 'put',
      path: `${path}/alias`,
      operationId: `alias${name}Version`,
      summary: 'Give a version a name of its own',
      tag,
      body: aliasRequest,
      bodyCheck: 'strict',
      answers: { 200: answer },
      errors: [400, 404],
      handle: async ({ body: { name: of, version, alias } }) => present(await versions.label(of, version, { alias })),
    }),
    route({
      method: 'delete',
      path: `${path}/{name}/{version}`,
      operationId: `delete${name}Version`,
      summary: 'Delete a version that is not the current one',
      tag,
      params: versionParams,
      answers: { 200: deleted },
      errors: [400, 404],
      async handle({ params }) {
        await versions.delete(params.name, params.version);
        return { deleted: 1 };
      },
    }),
  ];
  if (kind === 'pipeline') return routes;
  const tagging = route({
    method: 'post',
    path: `${path}/tag`,
    operationId: `tag${name}Version`,
    summary: 'Put tags on a version, in place of those that it has',
    tag,
    body: tagRequest,
    bodyCheck: 'strict',
    answers: { 201: answer },
    errors: [400, 404],
    handle: async ({ body: { name: of, version, pinned, tags } }) =>
      present(
        await versions.label(of, version, {
          ...(tags !== undefined && { tags }),
          ...(pinned !== undefined && { pinned }),
        }),
      ),
  });
  return [...routes, tagging];
}

/** HKube's command line lists versions by this, beside the definition, where no HKube of today has it. */
function imageOf(definition: object): { readonly algorithmImage?: string } {
  const image = 'algorithmImage' in definition ? definition.algorithmImage : undefined;
  return typeof image === 'string' ? { algorithmImage: image } : {};
}
