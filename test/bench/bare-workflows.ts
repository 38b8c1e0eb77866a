/**
 * What the benchmark compares with: plain Temporal workflows, as a user of the SDK writes them. FROZEN: a ratio means the
 * same for as long as this file stays what it was in its first commit.
 */
import { proxyActivities } from '@temporalio/workflow';
import type { Timing } from './algorithms';

/** The bodies that a job with webhooks posts, in their order. */
export interface Post {
  readonly url: string;
  readonly kind: 'progress' | 'result';
  readonly sequence: number;
  readonly body: string;
}

/** The activities of these workflows. */
export interface BareActivities {
  timesTen(value: number): Promise<number>;
  slowTimesTen(value: number, timing: Timing): Promise<number>;
  /** `count` consecutive items from `first` in one activity. */
  timesTenOfMany(first: number, count: number): Promise<number[]>;
  /** Delivers one webhook, or throws. */
  postWebhook(post: Post): Promise<void>;
}

const { timesTen, slowTimesTen, timesTenOfMany, postWebhook } = proxyActivities<BareActivities>({
  startToCloseTimeout: '1 minute',
});

/** Activities in flight at a time. */
const WINDOW = 100;
/** Items of one activity, where it takes many. */
const CHUNK = 1_000;

/** One activity for each of the items 1 … `count`. */
export async function bareBatch(count: number): Promise<number[]> {
  return inWindow(count, (index) => timesTen(index + 1));
}

/** The same, of items that take their time. */
export async function bareSlowBatch(count: number, timing: Timing): Promise<number[]> {
  return inWindow(count, (index) => slowTimesTen(index + 1, timing));
}

/** The same by hand as fast as Temporal allows: a thousand items an activity. */
export async function bareChunkedBatch(count: number): Promise<number[]> {
  const chunks = await inWindow(Math.ceil(count / CHUNK), (index) =>
    timesTenOfMany(index * CHUNK + 1, Math.min(CHUNK, count - index * CHUNK)),
  );
  return chunks.flat();
}

/** A batch that tells a receiver four times how it goes: submitted, started, completed, and the result. */
export async function bareBatchWithWebhooks(count: number, name: string, url: string): Promise<number[]> {
  const progress = (sequence: number, status: string): Promise<void> =>
    postWebhook({ url: `${url}/progress`, kind: 'progress', sequence, body: JSON.stringify(bodyOf(name, status)) });
  await progress(1, 'pending');
  await progress(2, 'active');
  const results = await bareBatch(count);
  await progress(3, 'completed');
  const body = JSON.stringify({ ...bodyOf(name, 'completed'), data: results });
  await postWebhook({ url: `${url}/result`, kind: 'result', sequence: 4, body });
  return results;
}

function bodyOf(jobId: string, status: string): Record<string, unknown> {
  return { jobId, timestamp: new Date().toISOString(), pipeline: 'bench', level: 'info', status };
}

/** Calls `run` for 0 … `count` - 1, so many at a time, and answers what they came to in their order. */
async function inWindow<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await run(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(WINDOW, count) }, lane));
  return results;
}
