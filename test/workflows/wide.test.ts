import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Algorithms } from '../../activities';
import type { BlockInput, BlockOutcome } from '../../src/domain/block';
import { fromRuns } from '../../src/domain/index-runs';
import { useWorker } from '../support/suite';

interface Payloads {
  readonly payloads?: readonly Payload[] | null;
}

/** Blocks hold a part of what is left: on a machine under load too they are to be over a thousand. */
const ITEMS = 6_000;
/** Quick ones come first, so that the others ride in blocks that are too large for them. */
const QUICK = 100;
const SLOW = 130;

const algorithms: Algorithms = {
  'later-slow': async ({ input: [value] }) => {
    const index = Number(value);
    if (index > QUICK && index <= SLOW) await sleep(50);
    return index * 10;
  },
};

describe('a wide batch whose items are not all as quick as the first', () => {
  const suite = useWorker({ algorithms });

  /** What the blocks of a job were given, and what they answered. */
  async function blocksOf(jobId: string) {
    const { events } = await suite.client.workflow.getHandle(jobId).fetchHistory();
    const parse = <Value>(payloads?: Payloads | null) => {
      return (payloads?.payloads ?? []).map((payload) => defaultPayloadConverter.fromPayload<Value>(payload));
    };
    return {
      inputs: (events ?? []).flatMap((event) => parse<BlockInput>(event.activityTaskScheduledEventAttributes?.input)),
      outcomes: (events ?? []).flatMap((event) => {
        return parse<BlockOutcome>(event.activityTaskCompletedEventAttributes?.result);
      }),
    };
  }

  it('takes back what a block has not begun once its time is up, and has every result', async () => {
    const nodes = [{ nodeName: 'green', algorithmName: 'later-slow', input: [`#[1...${String(ITEMS)}]`] }];
    const job = await suite.start({ name: 'wide', nodes });
    const { data = [] } = await job.result();
    expect(data.map(({ batchID }) => batchID)).to.deep.equal(
      Array.from({ length: ITEMS }, (_, index) => `green#${String(index + 1)}`),
    );
    expect(data.map(({ result }) => result)).to.deep.equal(
      Array.from({ length: ITEMS }, (_, index) => (index + 1) * 10),
    );
    const { inputs, outcomes } = await blocksOf(job.jobId);
    const widths = inputs.map(({ items = [] }) => fromRuns(items).length);
    expect(Math.max(...widths)).to.be.above(1_000);
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    const answered = outcomes.map(({ outcomes: all, stored }) => stored?.count ?? all.length);
    expect(sum(answered)).to.equal(ITEMS);
    // Some block was too wide for what it met: what it gave back was handed out once more.
    expect(sum(widths)).to.be.above(ITEMS);
  });
});
