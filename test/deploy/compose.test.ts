import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { FACADE_FLAGS } from '../../src/cli/children';
import { SETTINGS } from '../../src/config';
import { DYNAMIC_CONFIG } from '../../src/temporal/dev-server';

// compose-spec.json is schema/compose-spec.json of github.com/compose-spec/compose-spec (Apache-2.0), commit 170098ba.

const ROOT = resolve(__dirname, '../..');

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

function text(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function readCompose(): Compose {
  return parse(text('docker-compose.yml'), { merge: true }) as Compose;
}

/** What is wrong with a document by the specification. */
function problemsOf(document: unknown): string[] {
  const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
  // It names its meta-schema by an address that Ajv does not know.
  const { $schema: _, ...schema } = JSON.parse(text('test/deploy/compose-spec.json')) as Record<string, unknown>;
  const validate = ajv.compile(schema);
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

/** Those that the command line answers `--help` with. */
function helpOf(command: string): string {
  return execFileSync(process.execPath, ['--import', 'tsx', join(ROOT, 'src/cli/main.ts'), command, '--help'], {
    encoding: 'utf8',
  });
}

describe('docker-compose.yml', () => {
  const compose = readCompose();
  const services = Object.entries(compose.services);
  const own = services.filter(([, { image }]) => image === 'temporal-pipelines');

  it('lets facade and workers share the files of large values', () => {
    for (const name of ['worker', 'facade']) expect(compose.services[name]?.volumes, name).to.include('data:/data');
    expect(text('deploy/Dockerfile')).to.match(/^ENV .*DATA_DIR=\/data$/m);
  });

  it('runs the facade with the flags of npm start', () => {
    expect(compose.services['facade']?.environment?.['NODE_OPTIONS']).to.equal(FACADE_FLAGS.join(' '));
  });

  it('is what the compose specification says', () => {
    expect(problemsOf(compose)).to.deep.equal([]);
    const broken = { services: { worker: { ...compose.services['worker'], restart: 1 } } };
    expect(problemsOf(broken)).to.include('/services/worker/restart must be string');
  });

  it('sets only variables that our commands read', () => {
    expect(own.map(([name]) => name)).to.have.members(['setup', 'worker', 'facade']);
    const known = new Set<string>(Object.values(SETTINGS).map(({ name }) => name));
    for (const name of ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'DATABASE_URL', 'NODE_OPTIONS']) known.add(name);
    const unknown = own.flatMap(([, { environment = {} }]) =>
      Object.keys(environment).filter((key) => !known.has(key)),
    );
    expect(unknown).to.deep.equal([]);
  });

  it('mounts and builds from files that are there', () => {
    const sources = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const files = sources.filter((source) => source.startsWith('.'));
    expect(files).to.have.lengthOf(3);
    for (const file of files) expect(statSync(join(ROOT, file)).isFile(), file).to.equal(true);
    const named = sources.filter((source) => !source.startsWith('.'));
    expect(Object.keys(compose.volumes)).to.have.members([...new Set(named)]);
    for (const [name, { build }] of own)
      expect(existsSync(join(ROOT, build?.dockerfile ?? 'none')), name).to.equal(true);
  });

  it('runs and asks only what the command line has', function () {
    this.timeout('30s');
    const commands = own.map(([, { command = [] }]) => command);
    const checks = own.flatMap(([, { healthcheck }]) => (healthcheck?.test === undefined ? [] : [healthcheck.test]));
    expect(checks).to.have.lengthOf(2);
    const image = /^HEALTHCHECK .*CMD (\[.*\])$/m.exec(text('deploy/Dockerfile'))?.[1] ?? '[]';
    for (const test of [...checks, ['CMD', ...(JSON.parse(image) as string[])]]) {
      expect(test.slice(0, 2)).to.deep.equal(['CMD', 'temporal-pipelines']);
      commands.push(test.slice(2));
    }
    const help = new Map<string, string>();
    for (const [command = '', ...flags] of commands) {
      if (!help.has(command)) help.set(command, helpOf(command));
      expect(help.get(command)).to.match(new RegExp(`^Usage: temporal-pipelines ${command} `));
      for (const flag of flags) expect(help.get(command)).to.include(` ${flag} `);
    }
  });

  it('waits for what can come', () => {
    for (const [name, { depends_on: dependencies = {} }] of services) {
      for (const [other, { condition }] of Object.entries(dependencies)) {
        const service = compose.services[other];
        if (condition === 'service_healthy')
          expect(service?.healthcheck?.test, `${name} on ${other}`).to.be.an('array');
        // One that is always started again never completes.
        else expect(service?.restart, `${name} on ${other}`).to.match(/^on-failure/);
      }
    }
  });

  it('opens its ports to this machine only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports).to.have.lengthOf(2);
    for (const port of ports) expect(port).to.match(/^127\.0\.0\.1:/);
  });

  it('gives the server the dynamic configuration of npm start', () => {
    const config = parse(text('deploy/temporal/dynamic-config.yaml')) as Record<string, { value: unknown }[]>;
    const settings = Object.entries(config).map(([key, values]) => `${key}=${String(values[0]?.value)}`);
    expect(settings).to.have.members(DYNAMIC_CONFIG);
    const path = compose.services['temporal']?.environment?.['DYNAMIC_CONFIG_FILE_PATH'] ?? 'none';
    const mounts = compose.services['temporal']?.volumes ?? [];
    expect(mounts).to.include(`./deploy/temporal/dynamic-config.yaml:/etc/temporal/${path}:ro`);
  });
});
