import { expect } from 'chai';
import type { Pipeline } from '../../src/domain/pipeline';
import type { Store } from '../../src/store/store';
import { startLoneFacade, type TestFacade } from '../support/facade';
import { describeStores } from '../support/stores';

const PIPELINES = 10_000;
const PAGE = 100;
/** Of what is first measured at a tenth of them. */
const FLAT = 3;

describeStores('ten thousand stored pipelines', ({ open, database }) => {
  let store: Store;
  let facade: TestFacade;
  before('open a store', async () => {
    store = await open();
  });
  // Anew for each measurement: SQLite leaves no time for connections that are kept alive while it is filled.
  before('start a facade', async () => {
    facade = await startLoneFacade({ store });
  });
  after('close the facade', () => facade.close());
  async function renew(): Promise<void> {
    await facade.close();
    facade = await startLoneFacade({ store });
  }

  const nameOf = (index: number): string => `p-${String(index).padStart(5, '0')}`;
  const pipeline = (index: number): Pipeline => ({
    name: nameOf(index),
    nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['#[1,2,3]', { more: 'x'.repeat(500) }] }],
    description: `the pipeline of number ${String(index)}`,
  });
  async function fill(from: number, to: number): Promise<void> {
    for (let index = from; index < to; index += 50) {
      const some = Array.from({ length: Math.min(50, to - index) }, (_, at) => pipeline(index + at));
      await Promise.all(some.map((one) => store.pipelines.insert(one)));
    }
  }
  async function ask(path: string): Promise<{ body: unknown; ms: number }> {
    const started = performance.now();
    const { status, body } = await facade.get(`/api/v1/${path}`);
    expect(status).to.equal(200);
    return { body, ms: performance.now() - started };
  }
  async function median(path: (turn: number) => string): Promise<number> {
    const times: number[] = [];
    for (let turn = 0; turn < 31; turn++) times.push((await ask(path(turn))).ms);
    return times.toSorted((one, other) => one - other)[15] ?? 0;
  }
  async function measure(count: number): Promise<Record<string, number>> {
    const some = (turn: number): string => nameOf(Math.floor((turn * count) / 31));
    return {
      one: await median((turn) => `store/pipelines/${some(turn)}`),
      page: await median((turn) => `store/pipelines?limit=${String(PAGE)}&after=${some(turn)}`),
      newest: await median(() => `store/pipelines?limit=${String(PAGE)}&sort=desc`),
      versions: await median((turn) => `versions/pipelines/${some(turn)}`),
    };
  }

  it('are read as fast as a thousand', async function () {
    this.timeout(900_000);
    await fill(0, PIPELINES / 10);
    await renew();
    const few = await measure(PIPELINES / 10);
    await fill(PIPELINES / 10, PIPELINES);
    await renew();
    const many = await measure(PIPELINES);
    const rows = Object.entries(many).map(
      ([what, ms]) => `${what} ${few[what]?.toFixed(1) ?? ''} → ${ms.toFixed(1)} ms`,
    );
    process.stdout.write(`      ${database}: ${rows.join(', ')}\n`);
    for (const [what, ms] of Object.entries(many)) expect(ms, what).to.be.below(FLAT * (few[what] ?? 0) + 5);
  });

  it('are listed whole, and page by page', async function () {
    this.timeout(900_000);
    const whole = await ask('store/pipelines');
    expect(whole.body).to.have.length(PIPELINES);
    process.stdout.write(`      ${database}: all of them in ${whole.ms.toFixed(0)} ms\n`);
    const seen: string[] = [];
    const times: number[] = [];
    for (let after = ''; seen.length < PIPELINES; after = seen.at(-1) ?? '') {
      const page = await ask(`store/pipelines?limit=${String(PAGE)}${after === '' ? '' : `&after=${after}`}`);
      seen.push(...(page.body as { name: string }[]).map(({ name }) => name));
      times.push(page.ms);
    }
    expect(seen).to.deep.equal(Array.from({ length: PIPELINES }, (_, index) => nameOf(index)));
    const third = (part: readonly number[]): number => part.toSorted((one, other) => one - other)[16] ?? 0;
    expect(third(times.slice(-33)), 'the last pages').to.be.below(FLAT * third(times.slice(0, 33)) + 5);
  });
});
