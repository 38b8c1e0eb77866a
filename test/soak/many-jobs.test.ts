import { expect } from 'chai';
import { after } from 'mocha';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFileBlobs } from '../../src/blobs/files';
import type { Pipeline } from '../../src/domain/pipeline';
import { Gate } from '../support/gate';
import { seededIntegers } from '../support/seeded';
import { useWorker } from '../support/suite';
import { until } from '../support/until';

// Many jobs at once: each ends right, stronger ones first, and small ones are not held up by a huge one.

const SLOTS = 20;
const JOBS = 1_000;
const ITEMS = 3;
const AT_A_TIME = 50;

describe('a thousand jobs at once', function () {
  this.timeout(900_000);
  const gate = new Gate();
  const began: number[] = [];
  const suite = useWorker({
    slots: SLOTS,
    algorithms: {
      'held-alg': async ({ jobId, batchIndex = 0 }, { signal }) => {
        held.add(`${jobId}#${String(batchIndex)}`);
        await gate.wait(jobId, signal);
      },
      'told-alg': ({ input: [priority, item] }) => {
        began.push(Number(priority));
        return Number(item) * 10;
      },
    },
  });
  const held = new Set<string>();

  it('all end right, the stronger ones first', async () => {
    const nodes = [{ nodeName: 'held', algorithmName: 'held-alg', input: [`#[1...${String(SLOTS)}]`] }];
    const holder = await suite.start({ name: 'holder', nodes: nodes.map((node) => ({ ...node, retry: NEVER })) });
    await until('all slots are taken', () => held.size === SLOTS);
    const priorities = seededIntegers(11, JOBS, 1, 5);
    const jobs = await inTurns(priorities, (priority) => suite.start(small(priority)));
    await inTurns(jobs, (job) => until('its items are handed out', async () => hasAll(await job.status()), 300_000));
    gate.open(holder.jobId);
    const results = await inTurns(jobs, (job) => job.result());
    for (const { status, data } of results) {
      expect(status).to.equal('completed');
      expect(data?.map(({ result }) => result)).to.deep.equal([10, 20, 30]);
    }
    expect(began).to.have.lengthOf(JOBS * ITEMS);
    // Those that a weaker one has overtaken: no more than a worker has asked for before it could know.
    let strongest = 5;
    let overtaken = 0;
    for (const priority of began.toReversed()) {
      if (priority > strongest) overtaken++;
      strongest = Math.min(strongest, priority);
    }
    process.stdout.write(`      ${String(overtaken)} of ${String(began.length)} items were overtaken\n`);
    expect(overtaken).to.be.at.most(2 * SLOTS);
  });

  function hasAll({ data }: { data?: { details: string } | undefined }): boolean {
    return data?.details.includes(`${String(ITEMS)} active`) === true;
  }
});

describe('a small job beside one of four hundred thousand items', function () {
  this.timeout(900_000);
  let directory = '';
  const suite = useWorker(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pipelines-blobs-'));
    return {
      slots: SLOTS,
      blobs: await openFileBlobs(directory),
      algorithms: {
        'ms-alg': async ({ input: [, item] }) => {
          await sleep(1);
          return Number(item) * 10;
        },
        'told-alg': ({ input: [, item] }) => Number(item) * 10,
      },
    };
  });
  after('remove the blobs', () => rm(directory, { recursive: true, force: true }));

  it('takes at most three times its time alone', async () => {
    await latencies(20);
    const alone = median(await latencies(50));
    const huge = await suite.start({
      name: 'huge',
      nodes: [{ nodeName: 'green', algorithmName: 'ms-alg', input: [1, '#[1...400000]'] }],
    });
    await until('it is on its way', async () => Number((await huge.status()).data?.progress) > 1, 60_000);
    const beside = median(await latencies(50));
    expect(Number((await huge.status()).data?.progress), 'the huge one is still on its way').to.be.lessThan(100);
    process.stdout.write(`      alone ${alone.toFixed(0)} ms, beside ${beside.toFixed(0)} ms\n`);
    expect(beside).to.be.at.most(3 * alone);
    await huge.stop('enough');
  });

  async function latencies(count: number): Promise<number[]> {
    const times: number[] = [];
    for (let turn = 0; turn < count; turn++) {
      const startedAt = performance.now();
      await (await suite.start(small(3))).result();
      times.push(performance.now() - startedAt);
    }
    return times;
  }
});

const NEVER = { policy: 'Never', limit: 1 } as const;

/** Of blocks of one item, which wait one by one. */
function small(priority: number): Pipeline {
  return {
    name: 'small',
    priority,
    nodes: [{ nodeName: 'green', algorithmName: 'told-alg', input: [priority, '#[1,2,3]'], retry: NEVER }],
  };
}

/** So many at a time. */
async function inTurns<One, Answer>(all: readonly One[], act: (one: One) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let first = 0; first < all.length; first += AT_A_TIME) {
    answers.push(...(await Promise.all(all.slice(first, first + AT_A_TIME).map(act))));
  }
  return answers;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
