import { expect } from 'chai';
import { refusal, startLoneFacade, type TestFacade } from '../support/facade';

describe('experiments, by the facade', () => {
  let facade: TestFacade;
  before(async () => {
    facade = await startLoneFacade();
  });
  after(() => facade.close());

  const PATH = '/api/v1/experiment';
  const nodes = [{ nodeName: 'green', algorithmName: 'green-alg' }];

  it('are added, listed and shown', async () => {
    const { body: main } = await facade.get(`${PATH}/main`);
    expect(main).to.have.all.keys('name', 'description', 'created');
    expect(await facade.post(PATH, { name: 'night:runs', description: 'two', more: 1 })).to.deep.equal({
      status: 200,
      body: { message: 'OK', name: 'night:runs' },
    });
    const { status, body } = await facade.get(`${PATH}/night:runs`);
    expect(status).to.equal(200);
    expect(body)
      .to.deep.include({ name: 'night:runs', description: 'two' })
      .and.have.all.keys('name', 'description', 'created');
    expect((await facade.get(PATH)).body).to.deep.equal([main, body]);
    expect((await facade.get(`${PATH}?sort=desc&limit=1`)).body).to.deep.equal([body]);
  });

  it('are refused as HKube refuses them, and what it fails at', async () => {
    await facade.post(PATH, { name: 'twice' });
    expect(await facade.post(PATH, { name: 'twice' })).to.deep.equal(refusal(409, 'experiment twice already exists'));
    expect(await facade.post(PATH, { name: 'main' })).to.deep.equal(refusal(409, 'experiment main already exists'));
    expect(await facade.post(PATH, {})).to.deep.equal(refusal(400, "data should have required property 'name'"));
    expect(await facade.post(PATH, { name: 'a b' })).to.deep.equal(
      refusal(400, 'experiment name must contain only alphanumeric, dash, dot or underscore'),
    );
    expect(await facade.get(`${PATH}/none`)).to.deep.equal(refusal(404, 'experiment none Not Found'));
    expect(await facade.ask('DELETE', `${PATH}/none`)).to.deep.equal(refusal(404, 'experiment none Not Found'));
    expect(await facade.ask('DELETE', `${PATH}/main`)).to.deep.equal(refusal(400, 'main experiment cannot be deleted'));
  });

  it('must be there for pipelines that name them', async () => {
    const named = { name: 'p', experimentName: 'none', nodes };
    const notFound = refusal(404, 'experiment none Not Found');
    expect(await facade.post('/api/v1/store/pipelines', named)).to.deep.equal(notFound);
    expect(await facade.post('/api/v1/exec/raw', named)).to.deep.equal(notFound);
    await facade.post('/api/v1/store/pipelines', { ...named, experimentName: 'main' });
    expect(await facade.post('/api/v1/exec/stored', { name: 'p', experimentName: 'none' })).to.deep.equal(notFound);
    await facade.post(PATH, { name: 'some' });
    const stored = await facade.post('/api/v1/store/pipelines', { ...named, name: 'q', experimentName: 'some' });
    expect(stored.status).to.equal(201);
  });
});
