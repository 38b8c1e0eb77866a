import { expect } from 'chai';
import type { Pipeline } from '../../src/domain/pipeline';
import { useWorker } from '../support/suite';

describe('an error of an algorithm', () => {
  const suite = useWorker({
    algorithms: {
      'half-alg': () => {
        throw new Error('a\u0000b\ud800 ☃');
      },
      'long-alg': () => {
        throw new Error('x'.repeat(1_000_000));
      },
      'plain-alg': () => {
        const thrown: unknown = { code: 5 };
        throw thrown;
      },
      'rude-alg': () => {
        const thrown: unknown = rude;
        throw thrown;
      },
    },
  });

  it('may hold half of a character', async () => {
    const handle = await suite.start(job('half-alg', 1));
    expect((await handle.result()).error).to.equal('a\u0000b\ufffd ☃');
  });

  it('is cut where it is long, however many there are', async () => {
    const handle = await suite.start({ ...job('long-alg', '#[1...100]'), options: { batchTolerance: 100 } });
    const { status, failures = [] } = await handle.result();
    expect(status).to.equal('failed');
    expect(failures.map(({ error }) => error)).to.deep.equal(Array(10).fill(`${'x'.repeat(4_000)}…`));
  });

  it('may be an object of any kind', async () => {
    const handle = await suite.start(job('plain-alg', 1));
    expect((await handle.result()).error).to.equal('{"code":5}');
  });

  it('may be one that can not even be shown', async () => {
    const handle = await suite.start(job('rude-alg', 1));
    expect((await handle.result()).error).to.equal('an error that can not be shown');
  });
});

const rude = {
  toJSON(): string {
    throw new Error('no');
  },
};

function job(algorithmName: string, input: number | string): Pipeline {
  return { name: 'errors', nodes: [{ nodeName: 'green', algorithmName, input: [input] }] };
}
