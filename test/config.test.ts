import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError, loadConfig, SETTINGS, urlOf } from '../src/config';
import { parseDuration } from '../src/config-values';
import { MUST_DELIVER } from '../src/domain/delivery';
import { CERTIFICATE } from './webhooks/receivers';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** The problems of an environment that is not accepted. */
function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('config', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pipelines-config-'));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('has the defaults of the contract', () => {
    const config = loadConfig({});
    expect(config).to.deep.include({
      host: '127.0.0.1',
      port: 3_000,
      publicUrl: 'http://127.0.0.1:3000',
      taskQueue: 'pipelines',
      dataDir: resolve('.data'),
      algorithms: [],
      algorithmWait: 60_000,
      maxBatch: 10_000_000,
      webhookSecrets: [],
      webhookConnectTimeout: 5_000,
      webhookAttemptTimeout: 15_000,
      webhookProgressTimeout: 5_000,
      webhookProgressInterval: 1_000,
      webhookInlineLimit: 1_048_576,
      webhookHostConcurrency: 8,
      webhookCa: [],
      secretKeys: [],
      deliveryRetention: 14 * 86_400_000,
      corsOrigin: [],
      logLevel: 'info',
      given: {},
    });
    expect(config).to.not.have.any.keys('apiToken', 'rateLimit', 'metricsAddress');
    expect(config).to.not.have.property('temporalUiUrl');
    expect(config).to.not.have.property('databaseUrl');
    expect(config).to.not.have.property('blobUrl');
    expect(config).to.not.have.property('deploymentVersion');
    expect(config.webhookRetrySchedule).to.deep.equal(MUST_DELIVER.scheduleMs);
    expect(config.webhookAllow).to.deep.equal({ ranges: [], hosts: new Set() });
    expect(config.algorithmAllow).to.deep.equal({ ranges: [], hosts: new Set() });
  });

  it('reads each variable', () => {
    const certificates = join(folder, 'ca.pem');
    writeFileSync(certificates, `our authorities\n${CERTIFICATE}${CERTIFICATE}`);
    const env = {
      HOST: '::1',
      PORT: '8080',
      PUBLIC_URL: 'https://pipelines.example/base/',
      TASK_QUEUE: 'heavy',
      TEMPORAL_DEPLOYMENT_NAME: 'heavy-workers',
      TEMPORAL_WORKER_BUILD_ID: 'v1.2',
      TEMPORAL_UI_URL: 'https://temporal.example',
      DATA_DIR: '/var/lib/pipelines',
      DATABASE_URL: 'postgresql://me:p%40ss@db.internal:5433/pipelines?sslmode=disable',
      BLOB_URL: 's3://our-blobs/pipelines/test/',
      WORKFLOW_BUNDLE: '/opt/workflows.js',
      ALGORITHMS: './a.js, ./b.js,',
      ALGORITHM_WAIT: '2m',
      ALGORITHM_ALLOW: '10.0.0.0/8,algorithms.internal',
      MAX_BATCH: '5000',
      WEBHOOK_SECRETS: `${SECRET},${SECRET}`,
      WEBHOOK_ALLOW: '10.0.0.0/8,hooks.internal',
      WEBHOOK_RETRY_SCHEDULE: '0s, 1.5s, 2m',
      WEBHOOK_CONNECT_TIMEOUT: '500ms',
      WEBHOOK_ATTEMPT_TIMEOUT: '1m',
      WEBHOOK_PROGRESS_TIMEOUT: '2s',
      WEBHOOK_PROGRESS_INTERVAL: '0s',
      WEBHOOK_INLINE_LIMIT: '64KiB',
      WEBHOOK_HOST_CONCURRENCY: '3',
      WEBHOOK_CA: certificates,
      SECRET_KEY: `${Buffer.alloc(32, 1).toString('base64')}, ${Buffer.alloc(32, 2).toString('base64')}`,
      DELIVERY_RETENTION: '1h',
      API_TOKEN: 'open-sesame',
      CORS_ORIGIN: 'https://pages.example, http://localhost:5173',
      RATE_LIMIT: '600/m',
      PIPELINES_DIALECT: 'hkube',
      METRICS_ADDRESS: '[::1]:9464',
      LOG_LEVEL: 'DEBUG',
    };
    const { webhookSecrets, webhookAllow, algorithmAllow, secretKeys, ...config } = loadConfig({
      ...env,
      UNRELATED: 'x',
    });
    expect(config).to.deep.equal({
      host: '::1',
      port: 8_080,
      publicUrl: 'https://pipelines.example/base',
      taskQueue: 'heavy',
      deploymentVersion: { deploymentName: 'heavy-workers', buildId: 'v1.2' },
      temporalUiUrl: 'https://temporal.example',
      dataDir: '/var/lib/pipelines',
      databaseUrl: 'postgresql://me:p%40ss@db.internal:5433/pipelines?sslmode=disable',
      blobUrl: 's3://our-blobs/pipelines/test',
      workflowBundle: '/opt/workflows.js',
      algorithms: ['./a.js', './b.js'],
      algorithmWait: 120_000,
      maxBatch: 5_000,
      webhookRetrySchedule: [0, 1_500, 120_000],
      webhookConnectTimeout: 500,
      webhookAttemptTimeout: 60_000,
      webhookProgressTimeout: 2_000,
      webhookProgressInterval: 0,
      webhookInlineLimit: 65_536,
      webhookHostConcurrency: 3,
      webhookCa: [CERTIFICATE.trim(), CERTIFICATE.trim()],
      deliveryRetention: 3_600_000,
      apiToken: 'open-sesame',
      corsOrigin: ['https://pages.example', 'http://localhost:5173'],
      rateLimit: { requests: 600, seconds: 60 },
      pipelinesDialect: 'hkube',
      metricsAddress: '[::1]:9464',
      logLevel: 'debug',
      given: { ...env, ALGORITHMS: './a.js, ./b.js,' },
    });
    expect(webhookSecrets).to.have.length(2);
    expect(secretKeys.map((key) => key.export()[0])).to.deep.equal([1, 2]);
    expect([...webhookAllow.hosts]).to.deep.equal(['hooks.internal']);
    expect([...algorithmAllow.hosts]).to.deep.equal(['algorithms.internal']);
  });

  it('lets a flag win over its variable, and takes an empty one as not set', () => {
    const config = loadConfig({ PORT: '8080', HOST: '' }, { port: '9090' });
    expect(config).to.deep.include({ port: 9_090, host: '127.0.0.1', given: { PORT: '9090' } });
  });

  it('reports all mistakes together, each with its variable and rule', () => {
    const problems = problemsOf({
      PORT: '70000',
      WEBHOOK_CONNECT_TIMEOUT: '5',
      LOG_LEVEL: 'loud',
      PUBLIC_URL: 'ftp://x',
    });
    expect(problems).to.deep.equal([
      'PORT: "70000" is not a port from 0 to 65535',
      'PUBLIC_URL: must be an http or https URL',
      'WEBHOOK_CONNECT_TIMEOUT: "5" is not a duration such as 500ms, 5s, 1m, 2h or 14d',
      'LOG_LEVEL: "loud" is not one of trace, debug, info, warn, error, fatal, silent',
    ]);
    expect(new ConfigError(problems).message.split('\n')).to.deep.equal(problems);
  });

  it('takes a Worker Deployment and its build together only, by the rules of Temporal', () => {
    const [name, build] = ['TEMPORAL_DEPLOYMENT_NAME', 'TEMPORAL_WORKER_BUILD_ID'] as const;
    expect(problemsOf({ [name]: 'workers' })).to.deep.equal([`${name}: needs ${build} too`]);
    expect(problemsOf({ [build]: 'v1' })).to.deep.equal([`${build}: needs ${name} too`]);
    expect(problemsOf({ [name]: 'our.workers', [build]: '__v1' })).to.deep.equal([
      `${name}: "our.workers" must not have . or :`,
      `${build}: "__v1" must not begin with __`,
    ]);
    expect(problemsOf({ [name]: 'workers', [build]: 'x'.repeat(256) })).to.have.length(1);
  });

  for (const [name, text] of [
    ['HOST', 'not a host'],
    ['PORT', '-1'],
    ['PORT', '3000x'],
    ['PUBLIC_URL', 'pipelines.example'],
    ['PUBLIC_URL', 'https://user:pass@pipelines.example'],
    ['TEMPORAL_UI_URL', 'javascript:alert(1)'],
    ['DATABASE_URL', 'mysql://db.internal/pipelines'],
    ['DATABASE_URL', 'db.internal'],
    ['DATABASE_URL', 'postgres://'],
    ['DATABASE_URL', 'postgres://me:pa/ss@db.internal/pipelines'],
    ['BLOB_URL', 'https://our-blobs.s3.amazonaws.com'],
    ['BLOB_URL', 's3://'],
    ['BLOB_URL', 's3://Our-Blobs'],
    ['BLOB_URL', 's3://our-blobs/a/../b'],
    ['ALGORITHM_WAIT', 'a while'],
    ['ALGORITHM_ALLOW', 'http://x'],
    ['MAX_BATCH', '0'],
    ['MAX_BATCH', '1e6'],
    ['WEBHOOK_SECRETS', 'whsec_c2hvcnQ='],
    ['WEBHOOK_SECRETS', SECRET.replace('whsec_', '')],
    ['WEBHOOK_SECRETS', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['WEBHOOK_SECRETS', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['WEBHOOK_HOST_CONCURRENCY', '0'],
    ['WEBHOOK_CA', '/nowhere/ca.pem'],
    ['WEBHOOK_CA', __filename],
    ['SECRET_KEY', Buffer.alloc(31).toString('base64')],
    ['SECRET_KEY', Buffer.alloc(33).toString('base64')],
    ['SECRET_KEY', 'x'.repeat(44)],
    ['SECRET_KEY', `${Buffer.alloc(32).toString('base64')},another`],
    ['WEBHOOK_ALLOW', '10.0.0.0/33'],
    ['WEBHOOK_RETRY_SCHEDULE', ','],
    ['WEBHOOK_RETRY_SCHEDULE', '0s,soon'],
    ['WEBHOOK_CONNECT_TIMEOUT', '0s'],
    ['WEBHOOK_ATTEMPT_TIMEOUT', '-1s'],
    ['WEBHOOK_PROGRESS_TIMEOUT', '1w'],
    ['WEBHOOK_PROGRESS_INTERVAL', '1 s'],
    ['WEBHOOK_INLINE_LIMIT', '1MB'],
    ['DELIVERY_RETENTION', '366d'],
    ['API_TOKEN', 'open sesame'],
    ['CORS_ORIGIN', 'pages.example'],
    ['CORS_ORIGIN', 'https://pages.example/'],
    ['RATE_LIMIT', '100'],
    ['RATE_LIMIT', '0/s'],
    ['RATE_LIMIT', '5/d'],
    ['PIPELINES_DIALECT', 'HKube'],
    ['METRICS_ADDRESS', '9464'],
    ['METRICS_ADDRESS', ':9464'],
    ['METRICS_ADDRESS', '127.0.0.1'],
    ['METRICS_ADDRESS', '127.0.0.1:0'],
    ['METRICS_ADDRESS', '127.0.0.1:65536'],
    ['METRICS_ADDRESS', 'localhost:9464'],
    ['METRICS_ADDRESS', '::1:9464'],
    ['METRICS_ADDRESS', '[127.0.0.1]:9464'],
    ['LOG_LEVEL', '3'],
  ] as const) {
    it(`refuses ${name}=${text}`, () => {
      const problems = problemsOf({ [name]: text });
      expect(problems).to.have.length(1);
      expect(problems[0]).to.match(new RegExp(`^${name}: .+`));
    });
  }

  it('repeats neither secrets nor credentials in a message', () => {
    const problems = [
      ...problemsOf({
        WEBHOOK_SECRETS: 'whsec_hunter2',
        PUBLIC_URL: 'https://me:hunter2@x.example',
        API_TOKEN: 'my hunter2',
        SECRET_KEY: 'hunter2',
      }),
      ...[
        'mysql://me:hunter2@db',
        'me:hunter2@db',
        'postgres://me:55/hunter2@db/x',
        'postgres://me:55#hunter2@db/x',
      ].flatMap((text) => problemsOf({ DATABASE_URL: text })),
      ...['s3://me:hunter2@bucket', 's3://me:hunter2/x@bucket', 's3://bucket/?secret=hunter2', 'hunter2'].flatMap(
        (text) => problemsOf({ BLOB_URL: text }),
      ),
    ];
    expect(problems).to.have.length(12);
    expect(problems.join()).to.not.include('hunter2');
  });

  it('names every variable as its flag in kebab case would be', () => {
    for (const [key, { name }] of Object.entries(SETTINGS)) {
      expect(key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).to.equal(name);
    }
  });

  it('writes URLs that a caller on this machine can use', () => {
    expect(urlOf('127.0.0.1', 3_000)).to.equal('http://127.0.0.1:3000');
    expect(urlOf('0.0.0.0', 80)).to.equal('http://127.0.0.1:80');
    expect(urlOf('::1', 3_000)).to.equal('http://[::1]:3000');
  });

  it('reads durations in milliseconds', () => {
    const texts = ['500ms', '5s', '1m', '2h', '14d', '0s', '0.5s'];
    expect(texts.map(parseDuration)).to.deep.equal([500, 5_000, 60_000, 7_200_000, 1_209_600_000, 0, 500]);
  });
});
