/** `/swagger-api`, the OpenAPI document, and `/swagger-ui/`, the page that shows it. */
import type Router from '@koa/router';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { JobAnswers } from '../dialect';
import { createDocument, type Mounted } from '../openapi';

/** Of the package `swagger-ui-dist`; the build copies them, so that it is no dependency. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Temporal Pipelines</title>
    <link rel="stylesheet" href="swagger-ui.css">
    <link rel="icon" href="favicon-32x32.png">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="swagger-ui-bundle.js"></script>
    <script src="start.js"></script>
  </body>
</html>
`;

/** The validator would be asked on somebody else's server. */
const START = `SwaggerUIBundle({ url: '../swagger-api', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });
`;

export function docsRoutes(router: Router, groups: readonly Mounted[], { schemas }: JobAnswers): void {
  const document = createDocument(groups, schemas);
  router.get('/swagger-api', (ctx) => {
    ctx.body = document;
  });
  router.get('/swagger-ui', (ctx) => {
    // Relative, so that it also holds behind a proxy with a path of its own.
    if (ctx.path.endsWith('/')) answer(ctx, '.html', PAGE);
    else ctx.redirect('swagger-ui/');
  });
  router.get('/swagger-ui/start.js', (ctx) => {
    answer(ctx, '.js', START);
  });
  for (const name of ASSETS) {
    let content: Buffer | undefined;
    router.get(`/swagger-ui/${name}`, (ctx) => {
      content ??= readFileSync(path.join(assetsFolder(), name));
      answer(ctx, path.extname(name), content);
    });
  }
}

function answer(ctx: { type: string; body: unknown }, type: string, content: string | Buffer): void {
  ctx.type = type;
  ctx.body = content;
}

/** Where the build has put them, or else the package itself. */
function assetsFolder(): string {
  const built = path.join(__dirname, '../../../swagger-ui');
  return existsSync(built) ? built : path.dirname(require.resolve('swagger-ui-dist/package.json'));
}
