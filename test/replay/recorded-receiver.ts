import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../support/receiver';

/** Longer than a job waits for its own attempt. */
const SLOW_MS = 6_000;

/** Answers the webhooks and HTTP algorithms of the recorded jobs, by their paths. */
export const answerRecorded: Answer = async ({ path }, count) => {
  if (path.startsWith('/slow')) await sleep(SLOW_MS);
  if (path.startsWith('/down')) return 503;
  if (path.startsWith('/gone')) return 410;
  if (path.startsWith('/asks') && count <= 3) return { status: 429, headers: { 'retry-after': '2' } };
  if (path === '/algorithm') return { status: 200, body: '"done"' };
  return path.startsWith('/flaky') && count < 3 ? 500 : 200;
};
