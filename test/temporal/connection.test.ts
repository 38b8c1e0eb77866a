import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { connect } from '../../src/temporal/connection';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';
import { untilListed } from '../support/visibility';

/** Nearly as much as Temporal takes; three of them are more than gRPC takes by itself. */
const MEMO = 'x'.repeat(1_800_000);

describe('a connection to Temporal', function () {
  this.timeout(TEMPORAL_START_TIMEOUT);

  it('takes a page of workflows that is larger than four megabytes', async () => {
    const { client, address } = await sharedTemporal();
    const type = `large-${randomUUID()}`;
    const ids = ['a', 'b', 'c'].map((letter) => `${type}/${letter}`);
    for (const workflowId of ids) {
      await client.workflow.start(type, { workflowId, taskQueue: type, memo: { large: MEMO } });
    }
    const other = await connect({ address });
    try {
      const query = `WorkflowType = '${type}'`;
      await untilListed(client, ids.length, query);
      const found: string[] = [];
      await other.connection.withDeadline(Date.now() + 10_000, async () => {
        for await (const { workflowId } of other.workflow.list({ query })) found.push(workflowId);
      });
      expect(found.sort()).to.deep.equal(ids);
    } finally {
      await other.connection.close();
      for (const workflowId of ids) await client.workflow.getHandle(workflowId).terminate();
    }
  });
});
