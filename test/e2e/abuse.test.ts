import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Algorithms } from '../../activities';
import { useFacade } from '../support/facade';
import { useWorker } from '../support/suite';

// Whatever is sent: a refusal in bounded time and memory, and a facade that lives on.

describe('abuse of the facade', () => {
  const algorithms: Algorithms = { 'echo-alg': ({ input: [value] }) => value };
  const suite = useWorker({ algorithms });
  const facade = useFacade(suite, Object.keys(algorithms));

  const node = (rest: object = {}): object => ({ nodeName: 'a', algorithmName: 'echo-alg', ...rest });
  const pipeline = (rest: object = {}): object => ({ name: 'p', nodes: [node()], ...rest });
  const text = (rest: string): string => `{"name":"p","nodes":[{"nodeName":"a","algorithmName":"echo-alg"}],${rest}}`;
  const deep = (open: string, close: string, depth = 10_000): string => open.repeat(depth) + close.repeat(depth);

  const bodies: [what: string, path: string, body: unknown, status: number, message: RegExp][] = [
    ['half a JSON', 'exec/raw', '{"name":', 400, /JSON/],
    ['a word', 'exec/raw', 'pipeline', 400, /JSON/],
    ['a number', 'exec/raw', '1', 400, /JSON/],
    ['a NUL', 'exec/raw', '{"name":"\u0000"}', 400, /control character|JSON/],
    ['a name of 10 MB', 'exec/raw', pipeline({ name: 'x'.repeat(10_000_000) }), 413, /too large/],
    ['a name of 3 MB', 'exec/raw', pipeline({ name: 'x'.repeat(3_000_000) }), 400, /data.name should NOT be longer/],
    [
      'a key of 3 MB',
      'exec/raw',
      pipeline({ webhooks: { ['x'.repeat(3_000_000)]: 1 } }),
      400,
      /additional properties \(x{100}\)$/,
    ],
    ['10,000 lists in lists', 'exec/raw', text(`"flowInput":${deep('[', ']')}`), 400, /deeper than 200 levels/],
    [
      '10,000 objects in objects',
      'exec/raw',
      text(`"flowInput":${deep('{"a":', '}').replace('}', '1}')}`),
      400,
      /deeper than 200 levels/,
    ],
    ['a million lists in lists', 'exec/raw', deep('[', ']', 1_000_000), 400, /data should be object/],
    [
      '10,000 levels in a batch',
      'exec/raw',
      pipeline({ nodes: [node({ input: [`#[${deep('[', ']')}]`] })] }),
      400,
      /deeper than/,
    ],
    [
      'a kind that is no text',
      'exec/raw',
      pipeline({ kind: { toString: 1, valueOf: 1 } }),
      400,
      /data.kind should be string/,
    ],
    ['__proto__ in a pipeline', 'exec/raw', text('"__proto__":{"x":1}'), 400, /forbidden prototype/],
    ['__proto__ in a flow input', 'exec/raw', text('"flowInput":{"__proto__":{"x":1}}'), 400, /forbidden prototype/],
    [
      'a path to constructor',
      'exec/raw',
      pipeline({ flowInput: {}, nodes: [node({ input: ['@flowInput.constructor.name'] })] }),
      400,
      /unable to find flowInput.constructor.name/,
    ],
    [
      'an algorithm named constructor',
      'exec/raw',
      pipeline({ nodes: [node({ algorithmName: 'constructor' })] }),
      404,
      /algorithm constructor Not Found/,
    ],
    [
      'a range of a billion',
      'exec/raw',
      pipeline({ nodes: [node({ input: ['#[1...1000000000]'] })] }),
      400,
      /batch of 1000000000 items/,
    ],
    [
      'a product of a billion',
      'exec/raw',
      pipeline({ nodes: [node({ input: ['#[1...100000]', '#[1...10000]'], batchOperation: 'cartesian' })] }),
      400,
      /batch of 1000000000 items/,
    ],
    ['a stored run with nodes', 'exec/stored', { name: 'none', nodes: [] }, 404, /pipeline none Not Found/],
    ['a stop of everything', 'exec/stop', {}, 400, /required property 'jobId'/],
    ['a path for an id', 'exec/pause', { jobId: '../../etc/passwd' }, 404, /jobId .* Not Found/],
    [
      '2,000 definitions at once',
      'store/pipelines',
      Array.from({ length: 2_000 }, () => 1),
      400,
      /more than 1000 items/,
    ],
    [
      'a definition named __proto__',
      'store/pipelines',
      pipeline({ name: '__proto__', nodes: [] }),
      400,
      /at least one node/,
    ],
    [
      'an algorithm at a file',
      'store/algorithms',
      { name: 'a', http: { url: 'file:///etc/passwd' } },
      400,
      /should match format "url"/,
    ],
    [
      'an algorithm at the metadata',
      'store/algorithms',
      { name: 'a', http: { url: 'http://0xa9fea9fe/' } },
      400,
      /blocked address/,
    ],
  ];
  for (const [what, path, body, status, message] of bodies) {
    it(`refuses ${what}`, async () => {
      const asked = performance.now();
      const answer = await facade.post(`/api/v1/${path}`, body);
      expect(answer.status, JSON.stringify(answer.body).slice(0, 300)).to.equal(status);
      expect(answer.body).to.have.nested.property('error.message').that.matches(message);
      expect(JSON.stringify(answer.body).length).to.be.lessThan(1_000);
      expect(performance.now() - asked).to.be.lessThan(5_000);
    });
  }

  for (const [path, status] of [
    ['/api/v1/exec/status/..%2f..%2fetc%2fpasswd', 404],
    ['/api/v1/exec/status/%00', 404],
    ['/api/v1/exec/status/%ff', 404],
    [`/api/v1/exec/status/${'x'.repeat(5_000)}`, 400],
    ['/api/v1/store/pipelines/__proto__', 404],
    ['/api/v1/store/pipelines/%27%20OR%201=1--', 404],
    ['/api/v1/exec/results/a%2fb/data/..%2f..%2fkey', 404],
    ['/swagger-ui/..%2f..%2fpackage.json', 404],
    ['/swagger-ui/../../package.json', 404],
    ['/../package.json', 404],
  ] as const) {
    it(`refuses ${path.slice(0, 60)}`, async () => {
      // As it is written: fetch would resolve the dots.
      const socket = connect(Number(new URL(facade.url).port), '127.0.0.1');
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      expect(chunk.toString()).to.match(new RegExp(`^HTTP/1.1 ${String(status)} `));
      socket.destroy();
    });
  }

  it('lives through a thousand posts at once', async () => {
    const posts = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        facade.post(
          '/api/v1/exec/raw',
          pipeline({ priority: index % 2 === 0 ? 9 : 'x', flowInput: 'y'.repeat(10_000) }),
        ),
      ),
    );
    expect(new Set(posts.map(({ status }) => status))).to.deep.equal(new Set([400]));
    const started = await facade.post('/api/v1/exec/raw', text('"flowInput":{"constructor":{"prototype":{"x":1}}}'));
    expect(started.status).to.equal(200);
    const { jobId } = started.body as { jobId: string };
    expect(await suite.worker.client.getHandle(jobId).result()).to.include({ status: 'completed' });
    expect(process.memoryUsage().heapUsed).to.be.lessThan(1_000_000_000);
    expect(({} as { x?: unknown }).x).to.equal(undefined);
  });
});
