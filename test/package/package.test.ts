import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { State } from '../../src/cli/state';
import { freePort } from '../../src/temporal/ports';
import { InstalledPackage, teamEnvironment } from '../support/package';
import { OF_THE_PACKAGE, Program, Readme, shell } from '../support/readme';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from '../support/temporal';
import { until } from '../support/until';

const TSC = resolve(__dirname, '../../node_modules/typescript/bin/tsc');

/** A pipeline's outcome as far as a team looks at it. */
interface Outcome {
  readonly status: string;
  readonly data: readonly { readonly batchID: string; readonly result: number }[];
}

const TENFOLD = [
  ['green#1', 10],
  ['green#2', 20],
  ['green#3', 30],
];

function tenfold({ status, data }: Outcome) {
  return { status, results: data.map(({ batchID, result }) => [batchID, result]) };
}

describe('the npm package', function () {
  this.timeout(120_000);
  let installed: InstalledPackage;
  let temporal: TestTemporal;

  before('pack and install it', async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    [installed, temporal] = await Promise.all([InstalledPackage.install(), sharedTemporal()]);
  });

  after('remove it', () => installed.remove());

  for (const program of ['plain.cjs', 'plain.mjs']) {
    it(`makes an ordinary Temporal Worker run pipelines: ${program}`, async () => {
      const { stdout } = await installed.node(program, temporal.address, randomUUID());
      expect(tenfold(JSON.parse(stdout) as Outcome)).to.deep.equal({ status: 'completed', results: TENFOLD });
    });
  }

  it('stands beside workflows of the worker’s own', async () => {
    const { stdout } = await installed.node('own.mjs', temporal.address, randomUUID());
    const { greeting, result } = JSON.parse(stdout) as { greeting: string; result: Outcome };
    expect(greeting).to.equal('hello, pipeline');
    expect(tenfold(result)).to.deep.equal({ status: 'completed', results: TENFOLD });
  });

  /** Type-checks as a strict project does, and compiles. Rejects with what `tsc` has to say. */
  async function compile(name: string, files: Readonly<Record<string, string>>, options: object): Promise<string> {
    const project = join(installed.folder, name.replaceAll(/\W+/g, '-'));
    await mkdir(project);
    for (const [file, code] of Object.entries(files)) await writeFile(join(project, file), code);
    // Temporal's own typings do not compile in every project (`ms`), so only the team's files are judged.
    const compilerOptions = { skipLibCheck: true, strict: true, target: 'es2022', types: ['node'], ...options };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
    const { stdout } = await installed.node(TSC, '-p', project);
    expect(stdout).to.equal('');
    return project;
  }

  const resolutions = [
    { name: 'bundler', options: { module: 'esnext', moduleResolution: 'bundler' } },
    {
      name: 'node10, by typesVersions',
      options: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
    },
  ];
  for (const { name, options } of resolutions) {
    it(`type-checks in a strict project: ${name}`, async () => {
      const code = await readFile(join(installed.folder, 'typed.mts'), 'utf8');
      await compile(name, { 'typed.ts': code }, { noEmit: true, ...options });
    });
  }

  it('type-checks in one of node16, as ES module and CommonJS, and the README’s worker and client run', async () => {
    const readme = new Readme();
    const typed = await readFile(join(installed.folder, 'typed.mts'), 'utf8');
    const [worker = '', client = ''] = OF_THE_PACKAGE.map((mark) => readme.take(mark));
    const files = { 'typed.mts': typed, 'typed.cts': typed, 'worker.mts': worker, 'client.mts': client };
    const project = await compile('node16', files, { module: 'node16' });
    const env = { TEMPORAL_ADDRESS: temporal.address };
    const serving = Program.start(process.execPath, ['worker.mjs'], env, project);
    try {
      const printed = await shell(`node ${join(project, 'client.mjs')}`, env);
      expect(printed).to.include("nodeName: 'green'").and.to.include('result: 30');
    } finally {
      await serving.end();
    }
  });

  it('has a command that names its commands and its version', async () => {
    const [help, version] = await Promise.all(
      ['--help', '--version'].map((o) => installed.npx('temporal-pipelines', o)),
    );
    expect(help?.stdout).to.match(/start .*\n.*worker .*\n.*serve /s);
    expect(version?.stdout.trim()).to.equal(installed.version);
  });

  it('start runs everything as compiled JavaScript', async () => {
    const dataDir = join(installed.folder, '.data');
    const url = `http://127.0.0.1:${String(await freePort(0))}`;
    const env = { ...teamEnvironment(), DATA_DIR: dataDir, PORT: new URL(url).port };
    // Not by npx, which ends before what it has started does.
    const child = spawn(process.execPath, [installed.main, 'start'], { cwd: installed.folder, env, stdio: 'pipe' });
    const ended = once(child, 'close');
    let written = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (written += data.toString()));
    try {
      await until('it is up', () => written.includes('Ctrl-C stops') || child.exitCode !== null, 60_000);
      expect(written).to.include(url);
      const state = JSON.parse(await readFile(join(dataDir, 'state.json'), 'utf8')) as State;
      expect(state.worker?.command).to.include('cli/main.js').and.not.include('tsx');
      const sent = await fetch(`${url}/api/v1/exec/raw`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          name: 'batch',
          nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['#[1,2,3]'] }],
        }),
      });
      const { jobId } = (await sent.json()) as { jobId: string };
      const results = await until('the job has ended', async () => {
        const answer = await fetch(`${url}/api/v1/exec/results/${jobId}`);
        return answer.status === 200 && ((await answer.json()) as Outcome);
      });
      expect(tenfold(results)).to.deep.equal({ status: 'completed', results: TENFOLD });
      // The package has one.
      expect(written).not.to.include('Workflow bundle created');
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
  });
});
