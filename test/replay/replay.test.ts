/** Every history that was ever recorded replays on today's workflows: a job that runs over an upgrade goes on. */
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PipelinesPlugin, workflowsPath } from '../../src/plugin';
import { quietRuntime } from '../support/runtime';

const HISTORIES = join(__dirname, 'histories');

describe('recorded histories', function () {
  this.timeout(60_000);
  const files = readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));

  let workflowBundle: WorkflowBundleWithSourceMap;

  before(async () => {
    quietRuntime();
    workflowBundle = await bundleWorkflowCode({
      workflowsPath: workflowsPath(),
      logger: new DefaultLogger('ERROR'),
      plugins: [new PipelinesPlugin({ algorithms: {} })],
    });
  });

  it('are there', () => {
    expect(files.length).to.be.greaterThan(0);
  });

  for (const file of files) {
    it(file, async () => {
      // It throws where the workflow would do anything else than the history tells.
      await replay(readFileSync(join(HISTORIES, file), 'utf8'));
    });
  }

  it('would be refused if the workflow decided otherwise', async () => {
    const file = files.find((name) => name.endsWith('/completed.json')) ?? '';
    const changed = readFileSync(join(HISTORIES, file), 'utf8').replaceAll('"runBlock"', '"runAnother"');
    const failure: unknown = await replay(changed).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).to.have.property('name', 'DeterminismViolationError');
  });

  async function replay(text: string): Promise<void> {
    const history = historyFromJSON(JSON.parse(text));
    // The ids of deliveries are made from the job's.
    const workflowId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? '';
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
  }
});
