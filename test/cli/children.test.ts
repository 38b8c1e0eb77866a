import { expect } from 'chai';
import { childEnvironment } from '../../src/cli/children';
import { loadConfig } from '../../src/config';

const KEY = Buffer.alloc(32, 1).toString('base64');

const SETTINGS = {
  port: 4_000,
  temporalUiUrl: 'http://127.0.0.1:8233',
  ownTemporal: '127.0.0.1:7233',
  algorithms: undefined,
  secretKey: undefined,
};

describe('the environment of supervised processes', () => {
  let environment: NodeJS.ProcessEnv;

  beforeEach(() => {
    environment = { ...process.env };
  });

  afterEach(() => {
    process.env = environment;
  });

  it('reads as the configuration of the supervisor, with its decisions', () => {
    const config = loadConfig({ DATA_DIR: '/data', TASK_QUEUE: 'heavy', WEBHOOK_CONNECT_TIMEOUT: '1s' });
    const read = loadConfig(childEnvironment(config, { ...SETTINGS, algorithms: ['a.js', 'b.js'] }));
    expect(read).to.deep.include({
      port: 4_000,
      publicUrl: 'http://127.0.0.1:4000',
      dataDir: '/data',
      taskQueue: 'heavy',
      temporalUiUrl: 'http://127.0.0.1:8233',
      webhookConnectTimeout: 1_000,
      algorithms: ['a.js', 'b.js'],
    });
  });

  for (const [what, name] of [
    ['webhooks to', 'WEBHOOK_ALLOW'],
    ['HTTP algorithms on', 'ALGORITHM_ALLOW'],
  ] as const) {
    it(`allows ${what} this machine, unless ${name} says otherwise`, () => {
      expect(childEnvironment(loadConfig({}), SETTINGS)).to.include({ [name]: '127.0.0.0/8,::1' });
      const config = loadConfig({ [name]: 'other.internal' });
      expect(childEnvironment(config, SETTINGS)).to.include({ [name]: 'other.internal' });
    });
  }

  it('has the key of the supervisor, unless one was given', () => {
    const settings = { ...SETTINGS, secretKey: KEY };
    expect(childEnvironment(loadConfig({}), settings)).to.include({ SECRET_KEY: KEY });
    const given = Buffer.alloc(32, 2).toString('base64');
    expect(childEnvironment(loadConfig({ SECRET_KEY: given }), settings)).to.include({ SECRET_KEY: given });
    expect(childEnvironment(loadConfig({}), SETTINGS)).to.not.have.property('SECRET_KEY');
  });

  it('has nothing of other servers where the server is our own, and all of it where it is not', () => {
    Object.assign(process.env, { TEMPORAL_API_KEY: 'key', TEMPORAL_NAMESPACE: 'team', TEMPORAL_ADDRESS: 'cloud:7233' });
    const own = childEnvironment(loadConfig({}), SETTINGS);
    expect(own).to.include({ TEMPORAL_ADDRESS: '127.0.0.1:7233', TEMPORAL_NAMESPACE: 'default' });
    expect(own).to.not.have.property('TEMPORAL_API_KEY');
    const foreign = childEnvironment(loadConfig({}), { ...SETTINGS, ownTemporal: undefined });
    expect(foreign).to.include({ TEMPORAL_API_KEY: 'key', TEMPORAL_NAMESPACE: 'team', TEMPORAL_ADDRESS: 'cloud:7233' });
  });
});
