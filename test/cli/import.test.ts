import { expect } from 'chai';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { PipelineError } from '../../src/domain/errors';
import { useCommandLine } from '../support/command-line';
import { startLoneFacade, type TestFacade } from '../support/facade';

// What `hkubectl export` writes: a folder of definitions as HKube's API answers them, one in a file.

const algorithm = (name: string): object => ({
  name,
  algorithmImage: `registry.example/${name}:v1`,
  cpu: 0.1,
  mem: '256Mi',
  type: 'Image',
  minHotWorkers: 0,
  options: { pending: false },
  version: 'qx1b2c3d4e',
  created: 1_637_744_407_858,
  modified: 1_637_744_407_858,
  auditTrail: [{ user: 'anna', timestamp: 1_637_744_407_858, version: 'qx1b2c3d4e' }],
});
const pipeline = (name: string, algorithmName: string): object => ({
  name,
  kind: 'batch',
  experimentName: 'main',
  priority: 3,
  nodes: [{ nodeName: 'green', kind: 'algorithm', algorithmName, input: ['#@flowInput.items'] }],
  flowInput: { items: [1, 2] },
  options: { ttl: 3_600, batchTolerance: 80, progressVerbosityLevel: 'info' },
  version: 'z1y2x3w4v5',
  modified: 1_637_744_407_858,
});

describe('temporal-pipelines import', function () {
  this.timeout(30_000);
  const run = useCommandLine();
  let folder: string;
  let facade: TestFacade;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'pipelines-export-'));
    facade = await startLoneFacade({
      resolve: async ({ nodes }) => {
        const { store } = facade;
        for (const { algorithmName } of nodes) {
          const found = algorithmName === undefined ? undefined : await store.algorithms.get(algorithmName);
          if (found === undefined) {
            throw new PipelineError('NotFound', `algorithm ${String(algorithmName)} Not Found`);
          }
        }
        return {};
      },
    });
  });
  afterEach(async () => {
    await facade.close();
    await rm(folder, { recursive: true });
  });

  async function write(files: Readonly<Record<string, string | object>>): Promise<void> {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      const asText = file.endsWith('.yaml') ? stringify(content) : JSON.stringify(content, null, 2);
      await writeFile(path.join(folder, file), typeof content === 'string' ? content : asText);
    }
  }

  /** @returns the lines and the exit code */
  async function importing(...flags: readonly string[]): Promise<{ lines: string[]; errors: string; code: unknown }> {
    const { written, ended } = run(['import', folder, '--url', facade.url, ...flags], { NO_COLOR: '1' });
    const [code] = await ended;
    return { lines: written.stdout.trim().split('\n'), errors: written.stderr, code };
  }

  const names = async (): Promise<string[][]> => {
    const [algorithms, pipelines] = [await facade.store.algorithms.list(), await facade.store.pipelines.list()];
    return [algorithms, pipelines].map((all) => all.map(({ definition }) => definition.name));
  };

  it('stores what export all has written, algorithms first', async () => {
    await write({
      'pipelines/a.json': pipeline('a', 'green-alg'),
      'pipelines/b.yaml': pipeline('b:c', 'black.alg'),
      'algorithms/green-alg.json': algorithm('green-alg'),
      'algorithms/black.alg.yaml': algorithm('black.alg'),
      'README.md': 'not theirs',
    });
    expect(await importing()).to.deep.equal({
      lines: ['✔ algorithm black.alg', '✔ algorithm green-alg', '✔ pipeline a', '✔ pipeline b:c', '4 taken, 0 refused'],
      errors: '',
      code: 0,
    });
    expect(await names()).to.deep.equal([
      ['black.alg', 'green-alg'],
      ['a', 'b:c'],
    ]);
    const stored = await facade.store.algorithms.get('green-alg');
    expect(stored?.definition).to.include({ algorithmImage: 'registry.example/green-alg:v1', mem: '256Mi' });
  });

  it('takes what export pipelines has written, and says why of each that is refused', async () => {
    await facade.store.algorithms.put({ name: 'green-alg', algorithmImage: 'x' });
    await write({
      'a.json': pipeline('a', 'green-alg'),
      'b.json': pipeline('b', 'nobody'),
      'c.json': { ...pipeline('c', 'green-alg'), priority: 9 },
      'd.json': '{"name": "d",',
      'e.yaml': 'name: [e',
      'f.json': '[]',
    });
    const { lines, code } = await importing();
    expect(code).to.equal(1);
    expect(lines.slice(0, 2).map((line) => line.replace(/(no JSON|no YAML): .+/, '$1'))).to.deep.equal([
      '✘ d.json: is no JSON',
      '✘ e.yaml: is no YAML',
    ]);
    expect(lines.slice(2)).to.deep.equal([
      '✘ f.json: should hold one object',
      '✔ pipeline a',
      '✘ pipeline b (b.json): algorithm nobody Not Found',
      '✘ pipeline c (c.json): data.priority should be <= 5',
      '1 taken, 5 refused',
    ]);
  });

  it('leaves what is there, unless it is told to overwrite', async () => {
    await write({ 'algorithms/a1.json': algorithm('a1'), 'pipelines/p.json': pipeline('p', 'a1') });
    expect((await importing()).code).to.equal(0);
    expect(await importing()).to.deep.include({
      lines: [
        '✘ algorithm a1 (algorithms/a1.json): algorithm a1 already exists',
        '✘ pipeline p (pipelines/p.json): pipeline p already exists',
        '0 taken, 2 refused',
      ],
      code: 1,
    });
    expect((await importing('--overwrite')).lines.at(-1)).to.equal('2 taken, 0 refused');
  });

  it('only tells what would come of it with --dry-run', async () => {
    await facade.store.algorithms.put({ name: 'a1', algorithmImage: 'x' });
    await write({
      'algorithms/a1.json': algorithm('a1'),
      'algorithms/a2.json': algorithm('a2'),
      'algorithms/A3.json': algorithm('A3'),
      'algorithms/a4.json': { ...algorithm('a4'), mem: '1Mi' },
      'pipelines/p.json': pipeline('p', 'a2'),
      'pipelines/q.json': { ...pipeline('q', 'a2'), nodes: [] },
    });
    expect(await importing('--dry-run')).to.deep.include({
      lines: [
        '✘ algorithm A3 (algorithms/A3.json): algorithm name must contain only lower-case alphanumeric, dash or dot',
        '✘ algorithm a1 (algorithms/a1.json): algorithm a1 already exists',
        '✔ algorithm a2 would be stored',
        '✘ algorithm a4 (algorithms/a4.json): memory must be at least 4 Mi',
        '✔ pipeline p would be stored',
        '✘ pipeline q (pipelines/q.json): pipeline must have at least one node',
        '2 would be taken, 4 refused',
      ],
      code: 1,
    });
    expect(await names()).to.deep.equal([['a1'], []]);
  });

  it('sends a token, and ends with the words of whoever refuses all of it', async () => {
    await write({ 'algorithms/a1.json': algorithm('a1') });
    const guarded = await startLoneFacade({ apiToken: 'open-sesame' });
    try {
      const ask = async (token: string) => {
        const { written, ended } = run(['import', folder, '--url', `${guarded.url}/`, '--token', token], {});
        return { code: (await ended)[0], ...written };
      };
      expect(await ask('wrong')).to.deep.equal({
        code: 1,
        stdout: '',
        stderr: `temporal-pipelines: ${guarded.url}/api/v1/store/algorithms?overwrite=false answers 401: Unauthorized\n`,
      });
      expect((await ask('open-sesame')).code).to.equal(0);
    } finally {
      await guarded.close();
    }
  });

  it('says what is wrong with its own flags, and with the folder', async () => {
    const { written, ended } = run(['import', folder, '--url', 'nowhere', '--token', 'a b'], {});
    expect((await ended)[0]).to.equal(2);
    expect(written.stderr)
      .to.include('--url: must be an http or https URL')
      .and.to.include('--token: must have no blanks');
    expect((await importing()).errors).to.include(`${folder} has no .json or .yaml files`);
  });
});
