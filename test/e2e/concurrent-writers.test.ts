import { expect } from 'chai';
import { startLoneFacade, type TestFacade } from '../support/facade';
import { describeStores } from '../support/stores';

describeStores('writers of one stored pipeline by REST', (stores) => {
  const PATH = '/api/v1/store/pipelines';
  const written = (description: string) => ({
    name: 'shared',
    nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: [1] }],
    description,
  });

  let facade: TestFacade;
  before(async () => {
    facade = await startLoneFacade({ store: await stores.open() });
  });
  after(() => facade.close());

  it('come one after the other, twenty at a time', async () => {
    const posts = await Promise.all(Array.from({ length: 20 }, () => facade.post(PATH, written('new'))));
    expect(posts.map(({ status }) => status).sort()).to.deep.equal([201, ...Array.from({ length: 19 }, () => 409)]);
    const texts = Array.from({ length: 20 }, (_, index) => `writer ${String(index)}`);
    const puts = await Promise.all(texts.map((text) => facade.ask('PUT', PATH, written(text))));
    const answers = puts.map(({ body }) => body as { description: string; version: string });
    // Each has written its own, as one version of its own.
    expect(answers.map(({ description }) => description)).to.deep.equal(texts);
    const versions = (await facade.get('/api/v1/versions/pipelines/shared')).body as { version: string }[];
    expect(versions).to.have.lengthOf(21);
    expect(new Set(versions.map(({ version }) => version))).to.include.all.keys(answers.map(({ version }) => version));
    const last = answers.find(({ version }) => version === versions[0]?.version);
    expect((await facade.get(`${PATH}/shared`)).body).to.deep.equal(last);
  });
});
