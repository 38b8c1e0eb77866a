import { Client, type ConnectionLike } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineClient } from '../../src/client';
import { missingSearchAttributes, registerSearchAttributes } from '../../src/temporal/search-attributes';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes';
import { rejection } from '../support/rejection';
import { sharedTemporal, TEMPORAL_START_TIMEOUT } from '../support/temporal';

const NAMES = SEARCH_ATTRIBUTES.map(({ name }) => name);
/** The server's code of the type. */
const INT = 3;

describe('search attributes', function () {
  this.timeout(30_000);
  let connection: ConnectionLike;

  before(async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    connection = (await sharedTemporal()).client.connection;
  });

  it('are all there on the started server', async () => {
    expect(await missingSearchAttributes(connection, 'default')).to.deep.equal([]);
    expect(await registerSearchAttributes(connection, 'default')).to.deep.equal([]);
  });

  it('are reported and registered in a namespace without them', async () => {
    const namespace = await newNamespace(connection);
    const missing = await missingSearchAttributes(connection, namespace);
    expect(missing.map(({ name }) => name)).to.have.members(NAMES);
    expect(missing.every(({ mistyped }) => !mistyped)).to.equal(true);
    expect(await registerSearchAttributes(connection, namespace)).to.have.members(NAMES);
    expect(await missingSearchAttributes(connection, namespace)).to.deep.equal([]);
  });

  it('are named by whoever can not look for the last jobs without them', async () => {
    const client = new Client({ connection, namespace: await newNamespace(connection) });
    const looking = new PipelineClient(client, { taskQueue: 'nobody' }).lastRuns({
      experimentName: 'main',
      sort: 'desc',
      limit: 1,
    });
    expect(await rejection(looking))
      .to.include({ code: 'Unavailable' })
      .and.to.have.property('message')
      .that.includes('lacks');
  });

  it('are registered once by two that start together', async () => {
    const namespace = await newNamespace(connection);
    await Promise.all([1, 2].map(() => registerSearchAttributes(connection, namespace)));
    expect(await missingSearchAttributes(connection, namespace)).to.deep.equal([]);
  });

  it('of another type are reported and left alone', async () => {
    const namespace = await newNamespace(connection);
    const searchAttributes: Record<string, number> = { PipelineTags: INT };
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    const missing = await missingSearchAttributes(connection, namespace);
    expect(missing.filter(({ mistyped }) => mistyped)).to.deep.equal([
      { name: 'PipelineTags', type: 'KeywordList', mistyped: true },
    ]);
    const error = await registerSearchAttributes(connection, namespace).catch((reason: unknown) => reason as Error);
    expect(error).to.have.property('message').that.includes('PipelineTags (must be KeywordList)');
  });
});

/** A namespace is answered for only some time after it was made. */
async function newNamespace(connection: ConnectionLike): Promise<string> {
  const namespace = `test-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const deadline = Date.now() + 20_000;
  for (;;) {
    const ready = await missingSearchAttributes(connection, namespace).then(
      () => true,
      () => false,
    );
    if (ready) return namespace;
    if (Date.now() > deadline) throw new Error(`namespace ${namespace} does not appear`);
    await sleep(50);
  }
}
