/** `/readme`: a text for people beside a stored pipeline or algorithm. */
import { Type } from '@sinclair/typebox';
import { PipelineError } from '../../domain/errors';
import type { Readmes, Store } from '../../store/store';
import { route, type Route } from '../route';
import { message } from '../schemas/answers';
import { CLOSED } from '../schemas/parts';
import { nameParams } from '../schemas/requests';

const FIELD = 'README.md';
/** In characters: in any form that they are sent in, they are no larger than a body may be. */
const MAX_README = 262_144;

const form = Type.Object(
  {
    [FIELD]: Type.String({
      maxLength: MAX_README,
      pattern: '^[^\\u0000]*$',
      'x-message': `data.${FIELD} should NOT have NUL`,
      description: 'a file, or a text',
    }),
  },
  { title: 'ReadmeForm' },
);
const readme = Type.Object({ name: Type.String(), readme: Type.String() }, { ...CLOSED, title: 'Readme' });

export function readmeRoutes({ pipelines, algorithms }: Store): Route[] {
  return [...routesOf('pipeline', pipelines.readmes), ...routesOf('algorithm', algorithms.readmes)];
}

function routesOf(kind: 'pipeline' | 'algorithm', readmes: Readmes): Route[] {
  const path = `/readme/${kind}s/{name}`;
  const name = kind === 'pipeline' ? 'Pipeline' : 'Algorithm';
  const tag = 'readme';

  const writing = (method: 'post' | 'put', code: 201 | 200, summary: string): Route =>
    route({
      method,
      path,
      operationId: `${method === 'post' ? 'add' : 'update'}${name}Readme`,
      summary,
      tag,
      params: nameParams,
      form,
      answers: { [code]: message },
      errors: [400, 404],
      async handle({ params, form: sent }) {
        await readmes.put(params.name, sent?.[FIELD] ?? '');
        return { message: 'OK' };
      },
    });

  return [
    route({
      method: 'get',
      path,
      operationId: `get${name}Readme`,
      summary: `The readme of ${kind === 'pipeline' ? 'a' : 'an'} ${kind}`,
      tag,
      params: nameParams,
      answers: { 200: readme },
      errors: [400, 404],
      async handle({ params }) {
        const found = await readmes.get(params.name);
        if (found === undefined) throw notFound(params.name);
        return { name: params.name, readme: found };
      },
    }),
    writing('post', 201, `Give ${kind === 'pipeline' ? 'a' : 'an'} ${kind} a readme, or another one`),
    writing('put', 200, `Replace the readme of ${kind === 'pipeline' ? 'a' : 'an'} ${kind}`),
    route({
      method: 'delete',
      path,
      operationId: `delete${name}Readme`,
      summary: `Delete the readme of ${kind === 'pipeline' ? 'a' : 'an'} ${kind}`,
      tag,
      params: nameParams,
      answers: { 200: message },
      errors: [400, 404],
      async handle({ params }) {
        if (!(await readmes.delete(params.name))) throw notFound(params.name);
        return { message: 'OK' };
      },
    }),
  ];
}

function notFound(name: string): PipelineError {
  return new PipelineError('NotFound', `readme ${name} Not Found`);
}
