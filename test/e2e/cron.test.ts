import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Pipeline } from '../../src/domain/pipeline';
import { cronPrefix } from '../../workflows/messages';
import { refusal } from '../support/facade';
import { useStoredSuite } from '../support/stored-suite';
import { until } from '../support/until';

describe('cron by the facade', function () {
  this.timeout(30_000);
  const suite = useStoredSuite({ 'echo-alg': ({ input: [value] }) => value ?? null });

  const RARE = '59 23 31 dec *';
  const API = '/api/v1';
  const named = (rest: Partial<Pipeline> = {}): Pipeline => ({
    name: `p-${randomUUID()}`,
    nodes: [{ nodeName: 'green', algorithmName: 'echo-alg', input: [1] }],
    ...rest,
  });
  const schedule = (name: string) => suite.client.schedule.getHandle(cronPrefix(suite.worker.taskQueue) + name);

  async function store(pipeline: Pipeline): Promise<Pipeline> {
    const { status, body } = await suite.facade.post(`${API}/store/pipelines`, pipeline);
    expect(status, JSON.stringify(body)).to.equal(201);
    return body as Pipeline;
  }

  /** Jobs of the times that a schedule is told to come back to. */
  async function runAt(name: string, times: number): Promise<void> {
    await suite.facade.post(`${API}/cron/start`, { name, pattern: '0 0 * * *' });
    const end = new Date(Date.UTC(2026, 0, 20));
    const start = new Date(end.getTime() - (times - 1) * 86_400_000 - 1_000);
    await schedule(name).backfill([{ start, end, overlap: 'ALLOW_ALL' }]);
    await until(`${String(times)} jobs have ended`, async () => {
      const { body } = await suite.facade.get(`${API}/cron/results?name=${name}&limit=100`);
      return Array.isArray(body) && body.length === times;
    });
  }

  it('starts and stops a stored pipeline', async () => {
    const { name } = await store(named({ triggers: { pipelines: ['other'] } }));
    const ok = { status: 200, body: { message: 'OK' } };
    const by = { 'x-forwarded-user': 'ada' };
    expect(await suite.facade.post(`${API}/cron/start`, { name }, by)).to.deep.equal(ok);
    const triggersNow = async () => (await suite.store.pipelines.get(name))?.definition.triggers;
    expect(await triggersNow()).to.deep.equal({ pipelines: ['other'], cron: { pattern: '0 * * * *', enabled: true } });
    expect((await schedule(name).describe()).state.paused).to.equal(false);
    const { body: versions } = await suite.facade.get(`${API}/versions/pipelines/${name}`);
    expect((versions as object[])[0]).to.include({ createdBy: 'ada' });
    expect(await suite.facade.post(`${API}/cron/start`, { name, pattern: RARE })).to.deep.equal(ok);
    expect(await suite.facade.post(`${API}/cron/stop`, { name })).to.deep.equal(ok);
    expect(await triggersNow()).to.deep.equal({ pipelines: ['other'], cron: { pattern: RARE, enabled: false } });
    const { state } = await schedule(name).describe();
    expect(state).to.include({ paused: true, note: `${RARE} (UTC), not enabled` });
    const { body } = await suite.facade.get(`${API}/cron/list`);
    expect(body).to.deep.include({ name, cron: { pattern: RARE, enabled: false } });
    // It goes on with the times that it had.
    await suite.facade.post(`${API}/cron/start`, { name });
    expect((await triggersNow())?.cron).to.deep.equal({ pattern: RARE, enabled: true });
    await suite.facade.ask('DELETE', `${API}/store/pipelines/${name}`);
    expect(
      await schedule(name)
        .describe()
        .catch((error: unknown) => (error as Error).name),
    ).to.equal('ScheduleNotFoundError');
  });

  it('lists by name, either way', async () => {
    const cron = { pattern: RARE, enabled: false };
    for (const name of ['z-last', 'a-first']) await store(named({ name, triggers: { cron: { pattern: RARE } } }));
    const list = async (query: string) => (await suite.facade.get(`${API}/cron/list${query}`)).body;
    expect(await list('?limit=1')).to.deep.equal([{ name: 'a-first', cron }]);
    expect(await list('?sort=desc&limit=1')).to.deep.equal([{ name: 'z-last', cron }]);
    for (const name of ['z-last', 'a-first']) await suite.store.pipelines.delete(name);
  });

  it('runs each time once, and tells of the last of them', async () => {
    const { name } = await store(named());
    await runAt(name, 3);
    const results = async (query = '') =>
      (await suite.facade.get(`${API}/cron/results?name=${name}${query}`)).body as { jobId: string }[];
    const all = await results('&limit=100');
    expect(all[0]).to.deep.include({ pipeline: name, status: 'completed' });
    expect(await results()).to.deep.equal([all[0]]);
    expect(await results('&sort=asc')).to.deep.equal([all[2]]);
    const { body: statuses } = await suite.facade.get(`${API}/cron/status?name=${name}&limit=2`);
    expect((statuses as { jobId: string; status: string }[]).map(({ jobId }) => jobId)).to.deep.equal([
      all[0]?.jobId,
      all[1]?.jobId,
    ]);
    const told = await suite.facade.get(`${API}/exec/pipelines/${all[0]?.jobId ?? ''}`);
    expect(told.body).to.deep.include({ types: ['stored', 'internal', 'cron'] });
    // The same times once more are the same jobs.
    await runAt(name, 3);
    expect((await results('&limit=100')).map(({ jobId }) => jobId).sort()).to.deep.equal(
      all.map(({ jobId }) => jobId).sort(),
    );
    await suite.store.pipelines.delete(name);
  });

  it('is told of by nobody for jobs that were not started by it', async () => {
    const pipeline = await store(named());
    await (await suite.pipelines.start(pipeline)).result();
    const ask = (path: string) => suite.facade.get(`${API}/cron/${path}`);
    expect(await ask(`results?name=${pipeline.name}`)).to.deep.equal(
      refusal(404, `cron results ${pipeline.name} Not Found`),
    );
    expect(await ask('status?name=none')).to.deep.equal(refusal(404, 'cron status none Not Found'));
    expect(await ask('status?name=none&sort=bla')).to.deep.equal(
      refusal(400, 'data.sort should be equal to one of the allowed values (asc,desc)'),
    );
    expect(await ask('results?name=none&limit=0')).to.deep.equal(refusal(400, 'data.limit should be >= 1'));
    expect(await ask('results?name=none&limit=y')).to.deep.equal(refusal(400, 'data.limit should be integer'));
  });

  const refusals: [path: string, body: object, ReturnType<typeof refusal>][] = [
    ['start', {}, refusal(400, "data should have required property 'name'")],
    ['start', { name: 'none' }, refusal(404, 'pipeline none Not Found')],
    ['stop', { name: 'none' }, refusal(404, 'pipeline none Not Found')],
    ['start', { name: 'none', pattern: 'bla' }, refusal(400, 'data.pattern should match format "cron"')],
  ];
  for (const [path, body, answer] of refusals) {
    it(`refuses to ${path} ${JSON.stringify(body)}`, async () => {
      expect(await suite.facade.post(`${API}/cron/${path}`, body)).to.deep.equal(answer);
    });
  }
});
