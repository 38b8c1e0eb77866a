/** Every history that was ever recorded replays on today's workflows: a job that runs over an upgrade goes on. */
import { Worker, type ReplayResult } from '@temporalio/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { expect } from 'chai';
import { after, before } from 'mocha';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBundle } from '../../src/workflow-bundle';
import { quietRuntime } from '../support/runtime';
import { SHARED } from '../support/shared';

const HISTORIES = join(__dirname, 'histories');

describe('recorded histories', function () {
  this.timeout(60_000);
  const files = readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));

  /** To be replayed, one at a time. */
  const given: { readonly workflowId: string; readonly history: object }[] = [];
  let replayed: AsyncIterableIterator<ReplayResult>;
  let folder: string;

  // One worker replays them all: one of its own would cost a history far more than the replay.
  before(async () => {
    quietRuntime();
    folder = await mkdtemp(join(tmpdir(), 'replay-'));
    const codePath = process.env[SHARED.bundle] ?? join(folder, 'workflows.js');
    if (codePath !== process.env[SHARED.bundle]) await writeBundle(codePath);
    replayed = Worker.runReplayHistories({ workflowBundle: { codePath } }, taken());
  });

  after(async () => {
    await replayed.return?.();
    await rm(folder, { recursive: true });
  });

  // eslint-disable-next-line @typescript-eslint/require-await
  async function* taken(): AsyncIterableIterator<(typeof given)[number]> {
    for (let next = given.shift(); next !== undefined; next = given.shift()) yield next;
  }

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
    given.push({ workflowId, history });
    const { value } = (await replayed.next()) as IteratorYieldResult<ReplayResult>;
    if (value.error !== undefined) throw value.error;
  }
});
