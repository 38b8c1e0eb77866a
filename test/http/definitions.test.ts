import { expect } from 'chai';
import { refusal, startLoneFacade, type TestFacade } from '../support/facade';

describe('the list of stored pipelines, by the facade', () => {
  let facade: TestFacade;
  const names = ['a', 'B', 'c', 'd'];
  before(async () => {
    facade = await startLoneFacade();
    const nodes = [{ nodeName: 'green', algorithmName: 'green-alg' }];
    const { status } = await facade.post(
      '/api/v1/store/pipelines',
      names.map((name) => ({ name, nodes })),
    );
    expect(status).to.equal(201);
  });
  after(() => facade.close());

  for (const [query, expected] of [
    ['', ['B', 'a', 'c', 'd']],
    ['?limit=2', ['B', 'a']],
    ['?limit=2&after=a', ['c', 'd']],
    ['?after=d', []],
    ['?sort=name&after=c', ['d']],
    ['?sort=undefined&limit=undefined', ['B', 'a', 'c', 'd']],
  ] as const) {
    it(`is ${expected.join()} of ${query === '' ? 'nothing asked' : query}`, async () => {
      const { status, body } = await facade.get(`/api/v1/store/pipelines${query}`);
      expect(status).to.equal(200);
      expect((body as { name: string }[]).map(({ name }) => name)).to.deep.equal(expected);
    });
  }

  it('is sorted by when they were stored', async () => {
    const { body } = await facade.get('/api/v1/store/pipelines?sort=desc');
    const ages = (body as { created: number }[]).map(({ created }) => created);
    expect(ages).to.deep.equal(ages.toSorted((one, other) => other - one));
    expect(ages).to.have.length(names.length);
  });

  for (const [query, message] of [
    ['limit=0', 'data.limit should be >= 1'],
    ['limit=1.5', 'data.limit should be integer'],
    ['sort=asc&after=a', 'data.after should NOT be given with sort'],
  ] as const) {
    it(`is refused with ${query}`, async () => {
      expect(await facade.get(`/api/v1/store/pipelines?${query}`)).to.deep.equal(refusal(400, message));
    });
  }
});
