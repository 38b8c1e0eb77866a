import { expect } from 'chai';
import { PipelinesPlugin } from '../src/plugin';

describe('PipelinesPlugin', () => {
  const plugin = new PipelinesPlugin({ algorithms: {} });

  it('gives a worker the settings that were measured to serve pipelines best', () => {
    expect(plugin.configureWorker({ taskQueue: 'pipelines' })).to.deep.include({
      stickyQueueScheduleToStartTimeout: '2s',
      maxHeartbeatThrottleInterval: '1s',
      defaultHeartbeatThrottleInterval: '1s',
      shutdownGraceTime: '10s',
      shutdownForceTime: '13s',
    });
  });

  it("keeps the worker's own ones, and does not cut its grace short", () => {
    const own = { taskQueue: 'pipelines', stickyQueueScheduleToStartTimeout: '5s', shutdownGraceTime: '1m' } as const;
    const configured = plugin.configureWorker({ ...own, reuseV8Context: false });
    expect(configured).to.deep.include({ ...own, reuseV8Context: false, maxHeartbeatThrottleInterval: '1s' });
    expect(configured).to.not.have.property('shutdownForceTime');
  });

  it('leaves slots to the SDK, since a worker may have a tuner', () => {
    expect(plugin.configureWorker({ taskQueue: 'pipelines' })).to.not.have.property(
      'maxConcurrentActivityTaskExecutions',
    );
  });
});
