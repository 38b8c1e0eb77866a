import { expect } from 'chai';
import { refusal, startLoneFacade, type TestFacade } from '../support/facade';

describe('the readmes of what is stored, by the facade', () => {
  let facade: TestFacade;
  before(async () => {
    facade = await startLoneFacade();
    await facade.post('/api/v1/store/algorithms', { name: 'a', algorithmImage: 'x' });
    const pipeline = { name: 'p', nodes: [{ nodeName: 'green', algorithmName: 'green-alg' }] };
    expect((await facade.post('/api/v1/store/pipelines', pipeline)).status).to.equal(201);
  });
  after(() => facade.close());

  async function send(method: string, path: string, body: FormData | URLSearchParams): Promise<unknown> {
    const answer = await fetch(`${facade.url}/api/v1/readme/${path}`, { method, body });
    return { status: answer.status, body: (await answer.json()) as unknown };
  }

  function file(text: string | Uint8Array<ArrayBuffer>, name = 'README.md'): FormData {
    const form = new FormData();
    form.set(name, new Blob([text]), 'README-1.md');
    return form;
  }

  for (const path of ['pipelines/p', 'algorithms/a']) {
    it(`of ${path} are a file of a form`, async () => {
      const name = path.slice(-1);
      const url = `/api/v1/readme/${path}`;
      expect(await facade.get(url)).to.deep.equal(refusal(404, `readme ${name} Not Found`));
      expect(await send('POST', path, file('# 漢字 😀\n'))).to.deep.equal({ status: 201, body: { message: 'OK' } });
      expect(await facade.get(url)).to.deep.equal({ status: 200, body: { name, readme: '# 漢字 😀\n' } });
      expect(await send('PUT', path, file(''))).to.deep.equal({ status: 200, body: { message: 'OK' } });
      expect(await facade.get(url)).to.deep.equal({ status: 200, body: { name, readme: '' } });
      const field = new URLSearchParams({ 'README.md': 'as a field' });
      expect(await send('PUT', path, field)).to.deep.equal({ status: 200, body: { message: 'OK' } });
      expect(await facade.get(url)).to.deep.equal({ status: 200, body: { name, readme: 'as a field' } });
      expect(await facade.ask('DELETE', url)).to.deep.equal({ status: 200, body: { message: 'OK' } });
      expect(await facade.ask('DELETE', url)).to.deep.equal(refusal(404, `readme ${name} Not Found`));
    });
  }

  it('need what they are of', async () => {
    expect(await send('POST', 'pipelines/none', file('x'))).to.deep.equal(refusal(404, 'pipeline none Not Found'));
    expect(await send('PUT', 'algorithms/none', file('x'))).to.deep.equal(refusal(404, 'algorithm none Not Found'));
  });

  it('are refused where the form is wrong', async () => {
    const twice = file('1');
    twice.append('README.md', new Blob(['2']), 'b');
    const many = new FormData();
    for (let index = 0; index < 1_001; index++) many.set(`f${String(index)}`, 'x');
    for (const [form, code, message] of [
      [file('x', 'readme'), 400, "data should have required property 'README.md'"],
      [twice, 400, 'data.README.md should be string'],
      [file('a\0b'), 400, 'data.README.md should NOT have NUL'],
      [file('x'.repeat(262_145)), 400, 'data.README.md should NOT be longer than 262144 characters'],
      [file(new Uint8Array(4_300_000)), 413, 'request entity too large'],
      [many, 413, 'request entity too large'],
    ] as const) {
      expect(await send('POST', 'pipelines/p', form)).to.deep.equal(refusal(code, message));
    }
    expect((await facade.get('/api/v1/readme/pipelines/p')).status).to.equal(404);
  });

  it('are refused where it is no form', async () => {
    const post = (body: unknown, type: string) =>
      facade.post('/api/v1/readme/pipelines/p', body, { 'content-type': type });
    const form = 'the content type should be multipart/form-data';
    expect(await post({ 'README.md': 'x' }, 'application/json')).to.deep.equal(refusal(415, form));
    expect(await post('x', 'text/plain')).to.deep.equal(refusal(415, 'the content type should be application/json'));
    expect(await facade.ask('POST', '/api/v1/readme/pipelines/p')).to.deep.equal(
      refusal(400, "data should have required property 'README.md'"),
    );
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=']) {
      expect(await post('x', type)).to.have.property('status', 400);
    }
    expect(await post('--b\r\nno header', 'multipart/form-data; boundary=b')).to.have.property('status', 400);
    expect(await post('--b\r\n', 'multipart/form-data; boundary=b')).to.have.property('status', 400);
  });

  it('are the only forms that other routes refuse', async () => {
    const answer = await fetch(`${facade.url}/api/v1/exec/raw`, { method: 'POST', body: file('x') });
    expect(answer.status).to.equal(415);
  });
});
