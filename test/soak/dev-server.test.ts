import { expect } from 'chai';
import { useLoneServer } from '../support/lone-server';
import type { TestTemporal } from '../support/temporal';

const CALLERS_OF_EACH = 8;
const FOR_MS = 20_000;
/** A call takes about as long with so many of them, so that most end within a query of the database. */
const LONGEST_DEADLINE_MS = 13;
const NORMAL_DEADLINE_MS = 5_000;
const TASK_QUEUE = 'nobody-polls';

describe('dev server whose callers hang up', function () {
  this.timeout(90_000);
  let server: TestTemporal;

  before(async () => {
    server = await useLoneServer()();
  });

  after(async () => {
    await server.stop?.();
  });

  it('answers whoever comes after them', async () => {
    const { connection, workflow } = server.client;
    const begin = (workflowId: string): Promise<unknown> =>
      workflow.start('nobody', { taskQueue: TASK_QUEUE, workflowId });
    await begin('first');

    const calls = [
      async () => await begin(crypto.randomUUID()),
      async () =>
        await connection.workflowService.listWorkflowExecutions({ namespace: 'default', query: 'RunTime IS NULL' }),
      async () => await workflow.getHandle('first').describe(),
    ];
    const end = Date.now() + FOR_MS;
    let hungUp = 0;
    const caller = async (call: () => Promise<unknown>): Promise<void> => {
      while (Date.now() < end) {
        const deadline = Date.now() + 1 + Math.random() * LONGEST_DEADLINE_MS;
        await connection.withDeadline(deadline, call).catch(() => hungUp++);
      }
    };
    await Promise.all(calls.flatMap((call) => Array.from({ length: CALLERS_OF_EACH }, async () => await caller(call))));
    expect(hungUp).to.be.above(0);

    for (let index = 0; index < 20; index++) {
      await connection.withDeadline(Date.now() + NORMAL_DEADLINE_MS, async () => await begin(`after-${String(index)}`));
    }
  });
});
