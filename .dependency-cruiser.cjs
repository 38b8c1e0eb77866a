'use strict';

/**
 * Who may import whom: one rule for each row of the table in .github/CONTRIBUTING.md. A row lists what is allowed;
 * everything else is refused. test/tooling/arch.test.ts holds that each of them can fail.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */

const literal = (name) => name.replace(/[.]/g, '\\.');
/** The packages of these names, by their own files or by their typings. */
const npm = (...names) =>
  `^node_modules/(${names.map((name) => `${literal(name)}|@types/${typings(name)}`).join('|')})/`;
const typings = (name) => literal(name.startsWith('@') ? name.slice(1).replace('/', '__') : name);
const temporal = (...names) => npm(...names.map((name) => `@temporalio/${name}`));
/** Files and folders of the repository: 'src/client' is src/client.ts or src/client/. */
const own = (...paths) => `^(${paths.join('|')})(\\.ts$|/)`;

const DOMAIN = own('src/domain');

/** A row: `from` may import only `allowed`, and Node's own modules where `node` is true. */
const row = (name, comment, from, allowed, { node = false } = {}) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { pathNot: [from, ...allowed], ...(node ? { dependencyTypesNot: ['core'] } : {}) },
});

module.exports = {
  forbidden: [
    row('domain', 'The domain is pure: it imports itself only, no Node, no npm package.', DOMAIN, []),

    row('kept', 'What is read again and again is kept by a library alone.', own('src/kept'), [
      DOMAIN,
      npm('lru-cache'),
    ]),

    row(
      'workflows',
      'Sandbox code: the domain, the types of the activities, the SDK for workflows and a pure hash.',
      own('workflows'),
      [DOMAIN, own('activities/contract'), temporal('workflow', 'common'), npm('@noble/hashes')],
    ),
    {
      name: 'workflows-contract-types-only',
      comment: 'A workflow knows the activities by their types and never loads their code.',
      severity: 'error',
      from: { path: own('workflows') },
      to: { path: own('activities'), dependencyTypesNot: ['type-only'] },
    },

    row(
      'activities',
      'Activities: the domain, webhooks, blobs, the interfaces of the store, the SDK for activities, Node.',
      own('activities'),
      [DOMAIN, own('src/webhooks', 'src/blobs', 'src/store/store'), temporal('activity', 'common'), npm('lru-cache')],
      { node: true },
    ),
    {
      name: 'activities-store-interfaces-only',
      comment: 'An activity is handed a store; it never picks an implementation.',
      severity: 'error',
      from: { path: own('activities') },
      to: { path: own('src/store'), dependencyTypesNot: ['type-only'] },
    },

    row(
      'webhooks',
      'Webhooks know neither Temporal nor Koa: the domain, Node and their own libraries.',
      own('src/webhooks'),
      [DOMAIN, own('src/kept'), npm('ipaddr.js', 'rate-limiter-flexible', '@opentelemetry/api')],
      { node: true },
    ),
    row(
      'store',
      'The store knows neither Temporal nor Koa: the domain, Node and its own libraries.',
      own('src/store'),
      [DOMAIN, npm('kysely', 'libsql', 'lru-cache', 'pg')],
      { node: true },
    ),
    row(
      'blobs',
      'Blobs know neither Temporal nor Koa: the domain, Node and their own libraries.',
      own('src/blobs'),
      [DOMAIN, npm('@aws-sdk/client-s3')],
      { node: true },
    ),

    row(
      'client',
      'The client: the domain, the names that workflows answer to, the SDK for clients. No Koa, no activities.',
      own('src/client', 'src/job-handle', 'src/starter', 'src/temporal'),
      [
        DOMAIN,
        own('workflows/messages', 'workflows/search-attributes'),
        own('src/kept'),
        own('src/store/store'), // the interface: where an algorithm is stored
        own('src/blobs/blobs', 'src/blobs/job-results', 'src/blobs/flow-input', 'src/blobs/given-outputs'), // what lies in a store it is handed
        temporal('client', 'common', 'envconfig'),
        npm('uuid'), // a job id of an idempotency key
        npm('env-paths'), // where a downloaded Temporal server is kept
      ],
      { node: true },
    ),

    {
      name: 'client-store-interfaces-only',
      comment: 'The client is handed a store; it never loads one.',
      severity: 'error',
      from: { path: own('src/client', 'src/job-handle', 'src/starter', 'src/temporal') },
      to: { path: own('src/store'), dependencyTypesNot: ['type-only'] },
    },

    row(
      'http',
      'The facade asks the client: no @temporalio/*, no activities, no workflows.',
      own('src/http'),
      [
        DOMAIN,
        own(
          'src/client',
          'src/job-handle',
          'src/starter',
          'src/temporal',
          'src/store',
          'src/blobs',
          'src/webhooks',
          'src/config',
          'src/config-values',
          'src/logger',
        ),
        npm('koa', '@koa/router', '@koa/bodyparser', '@koa/cors', 'koa-helmet', 'helmet'),
        npm('@fastify/busboy'), // forms
        npm('koa-compress', 'koa-conditional-get', 'rate-limiter-flexible', 'better-sse'),
        npm('@sinclair/typebox', 'typebox', 'ajv', 'ajv-formats'),
        npm('prom-client'),
        npm('pino'),
      ],
      { node: true },
    ),
    {
      name: 'http-types-only',
      comment: 'The facade is handed its logger; it only names its type.',
      severity: 'error',
      from: { path: own('src/http') },
      to: { path: npm('pino'), dependencyTypesNot: ['type-only'] },
    },

    row(
      'plugin',
      'Plugin and worker: activities, domain, temporal, and the client by which a worker starts jobs. They name workflows by require.resolve only; no http, no cli.',
      own('src/plugin', 'src/worker', 'src/worker-settings', 'src/stored-jobs', 'src/temporal-activities'),
      [
        own('activities'),
        DOMAIN,
        own('src/client', 'src/starter', 'src/temporal', 'src/webhooks', 'src/blobs', 'src/config', 'src/logger'),
        temporal('plugin', 'worker', 'client', 'common'),
      ],
      { node: true },
    ),

    {
      name: 'cli',
      comment: 'Commands may use all of src. They reach workflows and activities through the plugin.',
      severity: 'error',
      from: { path: own('src/cli') },
      to: { path: own('workflows', 'activities', 'test') },
    },

    row(
      'examples',
      'Examples are what a team writes: the domain, the types of algorithms, Node and the libraries that they are about.',
      own('src/examples'),
      [DOMAIN, own('activities'), npm('spdx-satisfies')],
      { node: true },
    ),

    {
      name: 'no-test-in-sources',
      comment: 'What is published never needs a test or its helpers.',
      severity: 'error',
      from: { path: own('src', 'workflows', 'activities') },
      to: { path: own('test') },
    },
    {
      name: 'declared-dependencies',
      comment: 'What is published works in a plain install: it names only dependencies and peerDependencies.',
      severity: 'error',
      from: { path: own('src', 'workflows', 'activities') },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['npm-peer', 'type-only'] },
    },
    {
      name: 'no-circular',
      comment: 'Modules in a circle cannot be read, tested or loaded one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A source that nothing imports and that imports nothing is dead.',
      severity: 'error',
      from: { path: own('src'), orphan: true },
      to: {},
    },
    {
      name: 'no-unresolvable',
      comment: 'A rule says nothing about an import that cannot be found.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: '^node_modules/' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Imports of types count as well.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
