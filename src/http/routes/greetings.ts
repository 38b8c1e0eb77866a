/** What HKube answers to whoever asks what is there: the versions of the interface, and its groups. */
import { Type } from '@sinclair/typebox';
import { route, type Route } from '../route';

export const VERSION = 'v1';

const greeting = Type.Object({ message: Type.String() }, { title: 'Greeting' });

export function versionRoutes(): Route[] {
  return [
    route({
      method: 'get',
      path: '/api',
      operationId: 'listVersions',
      summary: 'The versions of this interface',
      tag: 'greetings',
      answers: { 200: Type.Array(Type.String()) },
      handle: () => [VERSION],
    }),
  ];
}

/** @returns a route for each group that the routes are of, and that is none itself */
export function greetingRoutes(routes: readonly Route[]): Route[] {
  const taken = new Set(routes.filter(({ method }) => method === 'get').map(({ path }) => path));
  const groups = new Set(routes.map(({ path }) => path.split('/')[1] ?? '').filter((group) => !taken.has(`/${group}`)));
  return [...groups].map((group) =>
    route({
      method: 'get',
      path: `/${group}`,
      operationId: `greet${group[0]?.toUpperCase() ?? ''}${group.slice(1)}`,
      summary: `Whether there is ${group}`,
      tag: 'greetings',
      answers: { 200: greeting },
      handle: () => ({ message: `${VERSION} ${group} api` }),
    }),
  );
}
