/** A process that does nothing but send, and tells its parent how much memory that took. */
import { parseAllowList } from '../../src/webhooks/guard';
import { createSender } from '../../src/webhooks/send';
import type { AttemptOutcome } from '../../src/domain/delivery';

/** The argument, as JSON. */
export interface MemoryTask {
  /** Sent to until memory has settled. */
  readonly warmUp: string;
  readonly urls: readonly string[];
}

export interface MemoryReport {
  /** By the order of `urls`. */
  readonly outcomes: readonly AttemptOutcome[];
  /** How much higher the peak of the process's memory is by then than after the warm-up, in bytes. */
  readonly grown: readonly number[];
}

const WARM_UPS = 200;

const peak = (): number => process.resourceUsage().maxRSS * 1_024;

async function measure({ warmUp, urls }: MemoryTask): Promise<MemoryReport> {
  const sender = createSender({ secrets: [], allow: parseAllowList('127.0.0.1'), connectTimeoutMs: 5_000 });
  const send = (url: string): Promise<AttemptOutcome> =>
    sender.send({ url, kind: 'result', webhookId: 'msg_1', sequence: 1, attempt: 1, body: '{}', deadlineMs: 5_000 });
  for (let count = 0; count < WARM_UPS; count++) await send(warmUp);
  const before = peak();
  const outcomes: AttemptOutcome[] = [];
  const grown: number[] = [];
  for (const url of urls) {
    outcomes.push(await send(url));
    grown.push(peak() - before);
  }
  return { outcomes, grown };
}

void measure(JSON.parse(process.argv[2] ?? '') as MemoryTask).then((report) => process.send?.(report));
