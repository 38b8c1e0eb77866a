import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// The import rules judge a small tree that breaks each of them once, so a rule that has stopped matching is seen.

const ROOT = path.resolve(__dirname, '../..');

/** Every module of the tree, and what else it imports; each has an import of the domain, so none is an orphan. */
const MODULES = [
  'src/index.ts',
  'src/plugin.ts',
  'src/worker.ts',
  'src/client.ts',
  'src/config.ts',
  'src/logger.ts',
  'src/kept.ts',
  'src/domain/job.ts',
  'src/http/app.ts',
  'src/webhooks/sign.ts',
  'src/store/store.ts',
  'src/store/sqlite.ts',
  'src/blobs/files.ts',
  'src/temporal/registry.ts',
  'src/cli/main.ts',
  'src/examples/algorithms.ts',
  'workflows/index.ts',
  'workflows/messages.ts',
  'activities/index.ts',
  'activities/contract.ts',
  'test/support/temporal.ts',
];
const PEERS = ['activity', 'client', 'common', 'envconfig', 'plugin', 'worker', 'workflow'].map(
  (n) => `@temporalio/${n}`,
);
const DEPENDENCIES = [
  '@noble/hashes',
  'koa',
  'pino',
  'ipaddr.js',
  'spdx-satisfies',
  'libsql',
  'ajv',
  '@aws-sdk/client-s3',
];
const DEV_DEPENDENCIES = ['chai', '@temporalio/testing'];

/** from, what it imports, the rule that it breaks. */
const FORBIDDEN: [string, string, string][] = [
  ['src/domain/job.ts', 'node:fs', 'domain'],
  ['src/domain/job.ts', 'ajv', 'domain'],
  ['src/domain/job.ts', 'type @temporalio/common', 'domain'],
  ['src/domain/job.ts', 'src/config.ts', 'domain'],
  ['src/kept.ts', 'node:fs', 'kept'],
  ['workflows/index.ts', 'node:crypto', 'workflows'],
  ['workflows/index.ts', 'ajv', 'workflows'],
  ['workflows/index.ts', '@temporalio/client', 'workflows'],
  ['workflows/index.ts', 'src/webhooks/sign.ts', 'workflows'],
  ['workflows/index.ts', 'type activities/index.ts', 'workflows'],
  ['workflows/index.ts', 'activities/contract.ts', 'workflows-contract-types-only'],
  ['activities/index.ts', 'workflows/messages.ts', 'activities'],
  ['activities/index.ts', 'src/http/app.ts', 'activities'],
  ['activities/index.ts', 'src/cli/main.ts', 'activities'],
  ['activities/index.ts', '@temporalio/workflow', 'activities'],
  ['activities/index.ts', 'src/store/sqlite.ts', 'activities'],
  ['activities/index.ts', 'src/store/store.ts', 'activities-store-interfaces-only'],
  ['src/webhooks/sign.ts', '@temporalio/common', 'webhooks'],
  ['src/webhooks/sign.ts', 'koa', 'webhooks'],
  ['src/webhooks/sign.ts', 'src/store/store.ts', 'webhooks'],
  ['src/store/sqlite.ts', '@temporalio/client', 'store'],
  ['src/store/sqlite.ts', 'koa', 'store'],
  ['src/blobs/files.ts', '@temporalio/activity', 'blobs'],
  ['src/blobs/files.ts', 'koa', 'blobs'],
  ['src/blobs/files.ts', 'libsql', 'blobs'],
  ['src/store/sqlite.ts', '@aws-sdk/client-s3', 'store'],
  ['src/client.ts', 'koa', 'client'],
  ['src/client.ts', 'type activities/contract.ts', 'client'],
  ['src/client.ts', 'workflows/index.ts', 'client'],
  ['src/temporal/registry.ts', '@temporalio/worker', 'client'],
  ['src/temporal/registry.ts', 'src/store/sqlite.ts', 'client'],
  ['src/temporal/registry.ts', 'src/store/store.ts', 'client-store-interfaces-only'],
  ['src/http/app.ts', 'type @temporalio/common', 'http'],
  ['src/http/app.ts', 'activities/index.ts', 'http'],
  ['src/http/app.ts', 'workflows/messages.ts', 'http'],
  ['src/http/app.ts', 'src/plugin.ts', 'http'],
  ['src/http/app.ts', 'pino', 'http-types-only'],
  ['src/plugin.ts', 'workflows/index.ts', 'plugin'],
  ['src/plugin.ts', 'src/http/app.ts', 'plugin'],
  ['src/worker.ts', 'src/cli/main.ts', 'plugin'],
  ['src/cli/main.ts', 'workflows/index.ts', 'cli'],
  ['src/cli/main.ts', 'activities/index.ts', 'cli'],
  ['src/examples/algorithms.ts', 'src/config.ts', 'examples'],
  ['src/examples/algorithms.ts', 'koa', 'examples'],
  ['src/index.ts', 'test/support/temporal.ts', 'no-test-in-sources'],
  ['src/cli/main.ts', 'chai', 'declared-dependencies'],
  ['src/cli/main.ts', '@temporalio/testing', 'declared-dependencies'],
  ['src/cli/main.ts', 'undeclared', 'declared-dependencies'],
  ['src/cli/main.ts', './nowhere', 'no-unresolvable'],
];

const ALLOWED: [string, string][] = [
  ['workflows/index.ts', 'workflows/messages.ts'],
  ['workflows/index.ts', 'type activities/contract.ts'],
  ['workflows/index.ts', '@temporalio/workflow'],
  ['workflows/index.ts', '@noble/hashes'],
  ['activities/index.ts', 'src/webhooks/sign.ts'],
  ['activities/index.ts', 'src/blobs/files.ts'],
  ['activities/index.ts', 'type src/store/store.ts'],
  ['activities/index.ts', '@temporalio/activity'],
  ['activities/index.ts', 'node:fs'],
  ['src/webhooks/sign.ts', 'ipaddr.js'],
  ['src/webhooks/sign.ts', 'src/kept.ts'],
  ['src/temporal/registry.ts', 'src/kept.ts'],
  ['src/webhooks/sign.ts', 'node:crypto'],
  ['src/store/sqlite.ts', 'libsql'],
  ['src/blobs/files.ts', '@aws-sdk/client-s3'],
  ['src/blobs/files.ts', 'node:fs'],
  ['src/client.ts', 'workflows/messages.ts'],
  ['src/client.ts', '@temporalio/client'],
  ['src/temporal/registry.ts', 'type src/store/store.ts'],
  ['src/http/app.ts', 'koa'],
  ['src/http/app.ts', 'src/client.ts'],
  ['src/http/app.ts', 'type pino'],
  ['src/plugin.ts', 'activities/index.ts'],
  ['src/worker.ts', '@temporalio/worker'],
  ['src/cli/main.ts', 'src/http/app.ts'],
  ['src/cli/main.ts', '@temporalio/worker'],
  ['src/examples/algorithms.ts', 'spdx-satisfies'],
];

interface Violation {
  rule: { name: string };
  from: string;
  to: string;
}

describe('the import rules', function () {
  this.timeout('30s');
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'import-rules-'));
    const manifest = {
      name: 'fixture',
      dependencies: versions(DEPENDENCIES),
      peerDependencies: versions(PEERS),
      devDependencies: versions([...PEERS, ...DEV_DEPENDENCIES]),
    };
    write('package.json', JSON.stringify(manifest));
    write('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'node16', target: 'es2022' } }));
    for (const name of [...DEPENDENCIES, ...PEERS, ...DEV_DEPENDENCIES, 'undeclared']) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      write(`node_modules/${name}/index.js`, 'exports.x = 1;\n');
    }
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function write(file: string, text: string): void {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }

  /** Writes the tree with these imports and answers «rule: from → to» of every violation. */
  function violations(imports: [string, string][]): Set<string> {
    for (const module of MODULES) {
      const targets = imports.filter(([from]) => from === module).map(([, to]) => to);
      if (module !== 'src/domain/job.ts') targets.push('type src/domain/job.ts');
      write(module, ['export const x = 1;', ...targets.map((to) => importLine(module, to))].join('\n'));
    }
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
        ...['--config', path.join(ROOT, '.dependency-cruiser.cjs'), '--output-type', 'json'],
        ...['src', 'workflows', 'activities'],
      ],
      { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    expect(stdout, stderr).to.not.equal('');
    const { summary } = JSON.parse(stdout) as { summary: { violations: Violation[] } };
    return new Set(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`));
  }

  it('refuses each import that the table does not allow', () => {
    const found = violations(FORBIDDEN.map(([from, to]) => [from, to]));
    const expected = FORBIDDEN.map(([from, to, rule]) => `${rule}: ${from} → ${resolved(to)}`);
    expect(expected.filter((line) => !found.has(line))).to.deep.equal([]);
  });

  it('lets each import of the table pass', () => {
    expect([...violations(ALLOWED)]).to.deep.equal([]);
  });

  it('refuses a circle', () => {
    const found = violations([
      ['src/config.ts', 'src/logger.ts'],
      ['src/logger.ts', 'type src/config.ts'],
    ]);
    expect([...found]).to.include('no-circular: src/config.ts → src/logger.ts');
  });

  it('refuses a source that stands alone', () => {
    write('src/http/alone.ts', 'export const x = 1;\n');
    expect([...violations([])]).to.deep.equal(['no-orphans: src/http/alone.ts → src/http/alone.ts']);
  });
});

function versions(names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '^1.0.0']));
}

/** 'type src/a.ts' → a type import with the path from `module`; a package name stays as it is. */
function importLine(module: string, to: string): string {
  const target = to.replace(/^type /, '');
  const relative = path.posix.relative(path.posix.dirname(module), target).replace(/\.ts$/, '');
  const specifier = !target.endsWith('.ts') ? target : relative.startsWith('.') ? relative : `./${relative}`;
  return to.startsWith('type ') ? `import type {} from '${specifier}';` : `import '${specifier}';`;
}

/** How dependency-cruiser names what was imported. */
function resolved(to: string): string {
  const target = to.replace(/^type /, '');
  if (target.startsWith('node:')) return target.slice('node:'.length);
  if (target.endsWith('.ts') || target.startsWith('.')) return target;
  return `node_modules/${target}/index.js`;
}
