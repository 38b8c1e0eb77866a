import { expect } from 'chai';
import { refusal, startLoneFacade, type TestFacade } from '../support/facade';

interface VersionBody {
  readonly version: string;
  readonly semver: string;
  readonly versionAlias: string;
}

describe('the versions of what is stored, by the facade', () => {
  let facade: TestFacade;
  before(async () => {
    facade = await startLoneFacade();
  });
  after(() => facade.close());

  const VERSIONS = '/api/v1/versions';
  const image = (name: string, tag: string) => ({ name, algorithmImage: `registry/${name}:${tag}` });
  const put = (path: string, body: unknown, user?: string) =>
    facade.ask('PUT', `/api/v1/store/${path}`, body, user === undefined ? {} : { 'x-forwarded-user': user });
  const list = async (path: string): Promise<VersionBody[]> =>
    (await facade.get(`${VERSIONS}/${path}`)).body as VersionBody[];

  it('are listed, the newest first, as HKube shows them', async () => {
    const pipeline = { name: 'p', nodes: [{ nodeName: 'green', algorithmName: 'green-alg' }] };
    await facade.post('/api/v1/store/pipelines', pipeline, { 'x-forwarded-user': ' ada\u00a0' });
    const { body: second } = await put('pipelines', { ...pipeline, description: 'two' }, 'bob');
    const { status, body } = await facade.get(`${VERSIONS}/pipelines/p`);
    expect(status).to.equal(200);
    const [newest, oldest] = body as [Record<string, unknown>, Record<string, unknown>];
    expect(Object.keys(newest)).to.deep.equal([
      'version',
      'semver',
      'created',
      'createdBy',
      'name',
      'versionAlias',
      'pipeline',
    ]);
    const { version, modified } = second as { version: string; modified: number };
    expect(newest).to.include({
      version,
      semver: '1.0.1',
      created: modified,
      createdBy: 'bob',
      versionAlias: 'v1.0.1',
    });
    expect(newest['pipeline']).to.include({ name: 'p', description: 'two', version, modified, priority: 3 });
    expect(oldest).to.include({ semver: '1.0.0', createdBy: 'ada', name: 'p', versionAlias: 'v1.0.0' });
    expect(await list('pipelines/p?limit=1')).to.deep.equal([newest]);
    expect(await facade.get(`${VERSIONS}/pipelines/p/${version}`)).to.deep.equal({ status: 200, body: newest });
  });

  it('are made the current one again, by their id or by their image', async () => {
    await facade.post('/api/v1/store/algorithms', image('a', '1'));
    await put('algorithms?forceStopAndApplyVersion=true', image('a', '2'));
    const [second, first] = await list('algorithms/a');
    const applied = await facade.post(
      `${VERSIONS}/algorithms/apply`,
      { name: 'a', version: first?.version, force: true },
      { 'x-forwarded-user': 'eve' },
    );
    expect(applied).to.deep.equal({ status: 201, body: first });
    const { body } = await facade.get('/api/v1/store/algorithms/a');
    expect(body).to.include({ algorithmImage: 'registry/a:1', version: first?.version });
    expect(body).to.have.nested.property('auditTrail[0].user', 'eve');
    expect(await list('algorithms/a')).to.deep.equal([second, first]);
    await facade.post(`${VERSIONS}/algorithms/apply`, { name: 'a', image: 'registry/a:2', force: false });
    expect((await facade.get('/api/v1/store/algorithms/a')).body).to.include({ version: second?.version });
  });

  it('have an alias and tags', async () => {
    await facade.post('/api/v1/store/algorithms', image('b', '1'));
    const [{ version } = { version: '' }] = await list('algorithms/b');
    const alias = await facade.ask('PUT', `${VERSIONS}/algorithms/alias`, { name: 'b', version, alias: 'stable' });
    expect(alias.status).to.equal(200);
    expect(alias.body).to.include({ version, semver: '1.0.0', versionAlias: 'stable' });
    const tagged = await facade.post(`${VERSIONS}/algorithms/tag`, {
      name: 'b',
      version,
      tags: ['x', 'y'],
      pinned: true,
    });
    expect(tagged.status).to.equal(201);
    expect(tagged.body).to.deep.include({ version, versionAlias: 'stable', tags: ['x', 'y'], pinned: true });
    expect(await list('algorithms/b')).to.deep.equal([tagged.body]);
  });

  it('are deleted, but not the current one', async () => {
    await facade.post('/api/v1/store/algorithms', image('c', '1'));
    await put('algorithms', image('c', '2'));
    const [current, old] = await list('algorithms/c');
    const path = (version = '') => `${VERSIONS}/algorithms/c/${version}`;
    expect(await facade.ask('DELETE', path(current?.version))).to.deep.equal(
      refusal(400, 'unable to remove the currently used version'),
    );
    expect(await facade.ask('DELETE', path(old?.version))).to.deep.equal({ status: 200, body: { deleted: 1 } });
    expect(await facade.ask('DELETE', path(old?.version))).to.deep.equal(
      refusal(404, `version ${String(old?.version)} Not Found`),
    );
    expect(await list('algorithms/c')).to.deep.equal([current]);
  });

  it('are none of what was never stored', async () => {
    expect(await facade.get(`${VERSIONS}/pipelines/none`)).to.deep.equal({ status: 200, body: [] });
    expect(await facade.get(`${VERSIONS}/pipelines/none/abc`)).to.deep.equal(refusal(404, 'pipeline none Not Found'));
    expect(await facade.get(`${VERSIONS}/pipelines`)).to.deep.equal(
      refusal(400, "data should have required property 'name'"),
    );
    expect(await facade.get(VERSIONS)).to.deep.equal({ status: 200, body: { message: 'v1 versions api' } });
  });

  for (const [body, code, message] of [
    [{}, 400, "data should have required property 'name'"],
    [{ name: 'none' }, 400, "data should have required property 'version'"],
    [{ name: {} }, 400, 'data.name should be string'],
    [{ name: 'none', version: {} }, 400, 'data.version should be string'],
    [{ name: 'none', version: 'abc' }, 404, 'algorithm none Not Found'],
    [{ name: 'none', image: 'x' }, 404, 'version x Not Found'],
  ] as const) {
    it(`are not applied by ${JSON.stringify(body)}`, async () => {
      expect(await facade.post(`${VERSIONS}/algorithms/apply`, body)).to.deep.equal(refusal(code, message));
    });
  }
});
