import { expect } from 'chai';
import { refusal, startLoneFacade, type Answer, type TestFacade } from '../support/facade';

interface Applied {
  readonly algorithm: Record<string, unknown>;
  readonly messages: readonly string[];
}

describe('stored algorithms, in the ways of HKube', () => {
  let facade: TestFacade;
  before(async () => {
    facade = await startLoneFacade();
  });
  after(() => facade.close());

  const PATH = '/api/v1/store/algorithms';
  const created = (name: string): string[] => [
    `a new version of algorithm ${name} has been created`,
    `the algorithm ${name} has been successfully pushed to hkube`,
  ];

  async function send(method: string, path: string, fields: Record<string, string | Blob>): Promise<Answer> {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    const answer = await fetch(facade.url + path, { method, body });
    return { status: answer.status, body: (await answer.json()) as unknown };
  }

  const apply = (algorithm: object, more: Record<string, string | Blob> = {}): Promise<Answer> =>
    send('POST', `${PATH}/apply`, { payload: JSON.stringify(algorithm), ...more });
  const get = async (name: string): Promise<unknown> => (await facade.get(`${PATH}/${name}`)).body;

  it('are shown as HKube shows its images', async () => {
    const { status, body } = await facade.post(PATH, { name: 'image', algorithmImage: 'registry/image:1' });
    expect(status).to.equal(201);
    const { version, created: at } = body as { version: string; created: number };
    expect(JSON.stringify(body)).to.equal(
      JSON.stringify({
        name: 'image',
        algorithmImage: 'registry/image:1',
        cpu: 0.1,
        mem: '256Mi',
        type: 'Image',
        minHotWorkers: 0,
        options: { pending: false },
        reservedMemory: '52Mi',
        version,
        created: at,
        modified: at,
        auditTrail: [{ user: 'anonymous', timestamp: at, version }],
      }),
    );
    expect(await get('image')).to.deep.equal(body);
  });

  it('lose nothing on the way of an export and an import', async () => {
    const exported = {
      name: 'exported',
      algorithmImage: 'registry/exported:1',
      cpu: 0.5,
      mem: '512Mi',
      type: 'Git',
      gitRepository: { url: 'https://git.example/x', commit: { id: 'abc' } },
      options: { pending: false, devMode: true },
      minHotWorkers: 1,
      env: 'python',
      workerEnv: { A: 1 },
      mounts: [],
      reservedMemory: '100Mi',
      version: 'y40ietf7km',
      created: 1,
      modified: 2,
      auditTrail: [{ user: 'user', timestamp: 2, version: 'y40ietf7km' }],
    };
    const { body } = await facade.post(`${PATH}?overwrite=true`, [exported]);
    const { version, created: at, modified, auditTrail, ...kept } = exported;
    expect(version + String(at) + String(modified) + String(auditTrail.length)).to.be.a('string');
    expect((body as unknown[])[0]).to.deep.include(kept);
    const again = (await facade.post(`${PATH}?overwrite=true`, body)).body;
    expect(again).to.deep.equal(body);
  });

  it('are posted as a form, or as JSON that looks like one', async () => {
    const payload = JSON.stringify({ name: 'form', algorithmImage: 'x:1' });
    const added = await send('POST', PATH, { payload, options: '{}' });
    expect(added.status).to.equal(201);
    const { algorithm, messages } = added.body as Applied;
    expect(algorithm).to.deep.equal(await get('form'));
    expect(messages).to.deep.equal(created('form'));
    expect(await facade.post(PATH, { payload })).to.deep.equal(refusal(409, 'algorithm form already exists'));
    const options = JSON.stringify({ allowOverwrite: true });
    const same = await facade.post(PATH, { payload, options });
    expect(same).to.deep.equal({ status: 201, body: { algorithm, messages: [] } });
    const list = await facade.post(PATH, {
      payload: [payload, JSON.stringify({ name: 'form-2', algorithmImage: 'y' })],
    });
    expect(list.status).to.equal(201);
    const [refused, second] = list.body as [unknown, Applied];
    expect(refused).to.deep.equal({ error: { code: 409, message: 'algorithm form already exists' } });
    expect(second.messages).to.deep.equal(created('form-2'));
    const encoded = await fetch(facade.url + PATH, {
      method: 'POST',
      body: new URLSearchParams({ payload: JSON.stringify({ name: 'form-3', algorithmImage: 'y' }) }),
    });
    expect(encoded.status).to.equal(201);
  });

  it('are changed in what is given', async () => {
    await facade.post(PATH, { name: 'change', algorithmImage: 'x:1', cpu: 1, mem: '1Gi', baseImage: 'y' });
    const changed = await facade.ask('PUT', `${PATH}?forceStopAndApplyVersion=true`, { name: 'change', cpu: '2' });
    expect(changed.status, JSON.stringify(changed.body)).to.equal(200);
    expect(changed.body).to.deep.include({ algorithmImage: 'x:1', cpu: 2, mem: '1Gi' });
    const payload = JSON.stringify({ name: 'change', algorithmImage: 'x:2', baseImage: null });
    const byForm = await send('PUT', PATH, { payload, options: '{"forceUpdate":true}' });
    expect(byForm.status).to.equal(200);
    const { algorithm, messages } = byForm.body as Applied;
    expect(algorithm).to.deep.include({ algorithmImage: 'x:2', cpu: 2, mem: '1Gi' }).and.not.have.property('baseImage');
    expect(messages).to.deep.equal(created('change'));
    const toHttp = await facade.ask('PUT', PATH, { name: 'change', http: { url: 'http://127.0.0.1/run' } });
    expect(toHttp.body).to.not.have.any.keys('algorithmImage', 'cpu', 'type');
  });

  it('are applied: added where they are new, and changed where they are not', async () => {
    const first = await apply({ name: 'applied', algorithmImage: 'x:1', cpu: 2 }, { file: '' });
    expect(first.status).to.equal(200);
    expect(Object.keys(first.body as object)).to.deep.equal(['algorithm', 'messages']);
    expect((first.body as Applied).messages).to.deep.equal(created('applied'));
    const second = (await apply({ name: 'applied', algorithmImage: 'x:2' })).body as Applied;
    expect(second.algorithm).to.deep.equal(await get('applied'));
    expect(second.algorithm).to.deep.include({ algorithmImage: 'x:2', cpu: 2 });
    const same = (await apply({ name: 'applied', cpu: 2 })).body as Applied;
    expect(same).to.deep.equal({ algorithm: second.algorithm, messages: [] });
  });

  const refusals: [what: string, ask: () => Promise<Answer>, code: number, message: string | RegExp][] = [
    ['no name', () => apply({}), 400, "data should have required property 'name'"],
    ['no image', () => apply({ name: 'none' }), 400, 'cannot apply algorithm due to missing image url or build data'],
    [
      'git',
      () => apply({ name: 'none', gitRepository: { url: 'https://x' } }),
      400,
      /^builds from a git repository are not/,
    ],
    [
      'code',
      () => apply({ name: 'none' }, { file: new Blob(['zip']) }),
      400,
      /^builds from uploaded code are not supported/,
    ],
    [
      'little memory',
      () => apply({ name: 'none', algorithmImage: 'x', mem: '1Mi' }),
      400,
      'memory must be at least 4 Mi',
    ],
    [
      'another type',
      () => apply({ name: 'image', type: 'Code' }),
      400,
      /^algorithm type cannot be changed from "Image" to "Code"$/,
    ],
    ['no JSON', () => send('POST', `${PATH}/apply`, { payload: '{' }), 400, /^data\.payload: ./],
    ['no object', () => send('POST', `${PATH}/apply`, { payload: '[]' }), 400, 'data should be object'],
    ['odd options', () => apply({ name: 'none' }, { options: '[]' }), 400, 'data.options should be object'],
    ['no payload', () => send('POST', `${PATH}/apply`, { x: '' }), 400, "data should have required property 'payload'"],
    ['a payload of its own', () => facade.post(PATH, { payload: {} }), 400, /^data\.payload should be string/],
    ['what is not there', () => facade.ask('PUT', PATH, { name: 'none', cpu: 1 }), 404, 'algorithm none Not Found'],
    [
      'a negative amount',
      () => facade.post(PATH, { name: 'none', algorithmImage: 'x', cpu: -1 }),
      400,
      'data.cpu should be >= 0',
    ],
  ];
  for (const [what, ask, code, message] of refusals) {
    it(`are refused with ${what}`, async () => {
      const { status, body } = await ask();
      expect([status, (body as { error?: { code: number } }).error?.code]).to.deep.equal([code, code]);
      const text = (body as { error: { message: string } }).error.message;
      if (typeof message === 'string') expect(text).to.equal(message);
      else expect(text).to.match(message);
    });
  }

  it('may be called as a route is, which allows what is written of it', async () => {
    const added = await facade.post(PATH, { name: 'apply', algorithmImage: 'x' });
    expect(await get('apply')).to.deep.equal(added.body);
    const allowed = async (path: string): Promise<unknown> =>
      (await fetch(facade.url + path, { method: 'OPTIONS' })).headers.get('allow')?.split(', ').toSorted();
    expect(await allowed(`${PATH}/apply`)).to.deep.equal(['POST']);
    expect(await allowed(`${PATH}/other`)).to.deep.equal(['DELETE', 'GET', 'HEAD']);
    expect(await allowed(PATH)).to.deep.equal(['GET', 'HEAD', 'POST', 'PUT']);
    expect(await facade.ask('PUT', `${PATH}/apply`, {})).to.deep.equal(refusal(405, 'Method Not Allowed'));
  });

  describe('that are many', () => {
    const names = Array.from({ length: 25 }, (_, index) => `many-${String(index).padStart(2, '0')}`);
    before(async () => {
      for (const [index, name] of names.entries()) {
        const pending = index % 5 === 0;
        const home = index % 2 === 0 ? { algorithmImage: 'x' } : { http: { url: 'http://127.0.0.1/run' } };
        await facade.post(PATH, { name, ...home, kind: index % 3 === 0 ? 'stream' : 'batch', options: { pending } });
      }
    });

    const hitsOf = (body: unknown): string[] => (body as { hits: { name: string }[] }).hits.map(({ name }) => name);
    const filter = async (query: string): Promise<unknown> => {
      const { status, body } = await facade.get(`/api/v1/store/algorithmsFilter?${query}`);
      expect(status, JSON.stringify(body)).to.equal(200);
      return body;
    };

    it('are listed by a part of their name, by name or by age', async () => {
      const list = async (query: string): Promise<string[]> =>
        ((await facade.get(`${PATH}?${query}`)).body as { name: string }[]).map(({ name }) => name);
      expect(await list('name=many')).to.deep.equal(names);
      expect(await list('name=many&limit=3')).to.deep.equal(names.slice(0, 3));
      expect(await list('name=many&limit=3&after=many-02')).to.deep.equal(names.slice(3, 6));
      expect(await list('name=.*')).to.deep.equal([]);
      expect((await list('name=many&sort=desc')).toSorted()).to.deep.equal(names);
      for (const [query, message] of [
        ['limit=0', 'data.limit should be >= 1'],
        ['limit=x', 'data.limit should be integer'],
        ['sort=up', 'data.sort should be equal to one of the allowed values (asc,desc)'],
        ['sort=asc&after=x', 'data.after should NOT be given with sort'],
      ] as const) {
        expect(await facade.get(`${PATH}?${query}`)).to.deep.equal(refusal(400, message));
      }
    });

    it('are found a page at a time', async () => {
      const seen: string[] = [];
      for (let cursor: string | undefined = ''; cursor !== undefined;) {
        const body = await filter(`name=many&limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`);
        seen.push(...hitsOf(body));
        expect(body)
          .to.have.property('timeTook')
          .that.matches(/^\d+\.\d\dms$/);
        ({ cursor } = body as { cursor?: string });
      }
      expect(seen).to.deep.equal(names);
      expect(hitsOf(await filter('name=many&page=3&limit=10'))).to.deep.equal(names.slice(20));
      expect(hitsOf(await filter('name=many&page=4&limit=10'))).to.deep.equal([]);
    });

    it('are found by what they are, with the fields that are asked for', async () => {
      expect(hitsOf(await filter('name=many&limit=100&kind=stream'))).to.deep.equal(
        names.filter((_, at) => at % 3 === 0),
      );
      expect(hitsOf(await filter('name=many&limit=100&pending=true'))).to.deep.equal(
        names.filter((_, at) => at % 5 === 0),
      );
      const images = await filter('name=many&limit=100&algorithmImage=false');
      expect(hitsOf(images)).to.deep.equal(names.filter((_, at) => at % 2 === 1));
      expect(await filter('name=many-00&fields=name:true,%20kind:true'))
        .to.have.property('hits')
        .that.deep.equals([{ name: 'many-00', kind: 'stream' }]);
      const [rest] = ((await filter('name=many-00&fields=version:false,created:false')) as { hits: object[] }).hits;
      expect(rest).to.include.keys('name', 'modified').and.not.have.any.keys('version', 'created');
      expect(await facade.get('/api/v1/store/algorithmsFilter?limit=101')).to.deep.equal(
        refusal(400, 'data.limit should be <= 100'),
      );
    });
  });
});
