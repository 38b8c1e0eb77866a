import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { Algorithms } from '../../activities';
import { refusal, useFacade, type Answer } from '../support/facade';
import { Gate } from '../support/gate';
import { useWorker } from '../support/suite';
import { untilListed } from '../support/visibility';

describe('what is deleted while jobs run, by the facade', () => {
  const gate = new Gate();
  const held: Algorithms[string] = ({ jobId }, { signal }) => gate.wait(jobId, signal);
  // On a server that other tests use: theirs have other names.
  const used = `used-${randomUUID().slice(0, 8)}`;
  const algorithms: Algorithms = { [used]: held, 'forced-alg': held, 'kept-alg': held };
  const suite = useWorker({ algorithms });
  const facade = useFacade(suite, Object.keys(algorithms));

  const STORE = '/api/v1/store';
  const pipeline = (algorithmName: string, more: object = {}) => ({
    name: `p-${randomUUID()}`,
    nodes: [{ nodeName: 'green', algorithmName, input: [1] }],
    ...more,
  });

  async function start(path: string, body: object): Promise<string> {
    const { status, body: answer } = await facade.post(`/api/v1/exec/${path}`, body);
    expect(status, JSON.stringify(answer)).to.equal(200);
    return (answer as { jobId: string }).jobId;
  }
  const remove = (path: string): Promise<Answer> => facade.ask('DELETE', `/api/v1/${path}`);
  const statusOf = async (jobId: string): Promise<string> =>
    (await suite.worker.client.getHandle(jobId).status()).status;

  it('is no algorithm that a stored pipeline or a running job uses', async () => {
    const name = used;
    await facade.post(`${STORE}/algorithms`, { name, algorithmImage: 'x' });
    const jobId = await start('raw', pipeline(name));
    await untilListed(suite.client, 1, `PipelineAlgorithms = '${name}' AND ExecutionStatus = 'Running'`);
    const end = 'you must first delete all related data or use the force flag';
    const refused = (users: string): Answer => ({
      status: 400,
      body: { error: { code: 400, message: `algorithm ${name} is stored in ${users}. ${end}`, details: [jobId] } },
    });
    expect(await remove(`store/algorithms/${name}`)).to.deep.equal(refused(`1 executions (${jobId})`));
    const stored = pipeline(name);
    await facade.post(`${STORE}/pipelines`, stored);
    expect(await remove(`store/algorithms/${name}?force=false`)).to.deep.equal(
      refused(`1 pipelines (${stored.name}), 1 executions (${jobId})`),
    );
    expect(await statusOf(jobId)).to.equal('active');
    gate.open(jobId);
  });

  it('is an algorithm with all that uses it, by force', async () => {
    const name = 'forced-alg';
    await facade.post(`${STORE}/algorithms`, { name, algorithmImage: 'x' });
    const [stored, other] = [pipeline(name), pipeline('kept-alg')];
    await facade.post(`${STORE}/pipelines`, [stored, other]);
    const jobIds = [await start('raw', pipeline(name)), await start('stored', { name: stored.name })];
    await untilListed(suite.client, 2, `PipelineAlgorithms = '${name}' AND PipelineStatus = 'active'`);
    const { status, body } = await remove(`store/algorithms/${name}?force=true&keepOldVersions=false`);
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body)
      .to.have.property('message')
      .that.matches(
        new RegExp(
          `^algorithm ${name} successfully deleted from store\\. related data deleted: 1 pipelines \\(${stored.name}\\), 2 executions \\(.*\\)$`,
        ),
      );
    expect(await Promise.all(jobIds.map(statusOf))).to.deep.equal(['stopped', 'stopped']);
    expect(await facade.get(`${STORE}/pipelines/${stored.name}`)).to.have.property('status', 404);
    expect(await facade.get(`${STORE}/pipelines/${other.name}`)).to.have.property('status', 200);
    expect((await facade.get(`/api/v1/versions/algorithms/${name}`)).body).to.deep.equal([]);
    expect((await facade.get(`/api/v1/versions/pipelines/${stored.name}`)).body).to.have.length(1);
    expect(await remove(`store/algorithms/${name}`)).to.deep.equal(refusal(404, `algorithm ${name} Not Found`));
  });

  it('leaves the versions of a pipeline, unless they are not to stay', async () => {
    const stored = pipeline('kept-alg');
    const versions = async (): Promise<string[]> =>
      ((await facade.get(`/api/v1/versions/pipelines/${stored.name}`)).body as { semver: string }[]).map(
        ({ semver }) => semver,
      );
    await facade.post(`${STORE}/pipelines`, stored);
    await remove(`store/pipelines/${stored.name}?keepOldVersions=undefined`);
    expect(await versions()).to.deep.equal(['1.0.0']);
    await facade.post(`${STORE}/pipelines`, stored);
    expect(await versions()).to.deep.equal(['1.0.1', '1.0.0']);
    await remove(`store/pipelines/${stored.name}?keepOldVersions=false`);
    expect(await versions()).to.deep.equal([]);
  });

  it('is an experiment with its jobs, while its pipelines stay and start no more', async () => {
    const experimentName = `e-${randomUUID().slice(0, 8)}`;
    await facade.post('/api/v1/experiment', { name: experimentName });
    const triggers = { cron: { pattern: '0 0 1 jan *', enabled: true } };
    const stored = pipeline('kept-alg', { experimentName, triggers });
    const added = await facade.post(`${STORE}/pipelines`, stored);
    expect(added.status, JSON.stringify(added.body)).to.equal(201);
    const [inside, outside] = [await start('stored', { name: stored.name }), await start('raw', pipeline('kept-alg'))];
    await untilListed(suite.client, 1, `PipelineExperiment = '${experimentName}' AND PipelineStatus = 'active'`);
    expect(await remove(`experiment/${experimentName}`)).to.deep.equal({
      status: 200,
      body: { message: 'deleted successfully', name: experimentName },
    });
    expect(await statusOf(inside)).to.equal('stopped');
    expect(await statusOf(outside)).to.equal('active');
    gate.open(outside);
    const { body } = await facade.get(`${STORE}/pipelines/${stored.name}`);
    expect(body).to.deep.include({ experimentName, triggers: { cron: { pattern: '0 0 1 jan *', enabled: false } } });
    expect(await facade.post('/api/v1/exec/stored', { name: stored.name })).to.deep.equal(
      refusal(404, `experiment ${experimentName} Not Found`),
    );
  });
});
