/** One job of the demo: posted to the facade, followed by its webhooks alone. */
import type { ProgressBody, ResultBody } from '../../domain/events';
import type { Pipeline } from '../../domain/pipeline';
import type { DemoEvent, DemoReceiver } from './receiver';

export interface FollowedJob {
  readonly jobId: string;
  readonly progress: readonly ProgressBody[];
  readonly result: ResultBody;
}

/** Generous for a slow machine; the demo's jobs take seconds. */
const LIMIT_MS = 300_000;

/**
 * @param onEvent told of each webhook as it arrives
 * @returns once the terminal progress event and the result have arrived
 */
export async function runJob(
  facadeUrl: string,
  receiver: DemoReceiver,
  pipeline: Pipeline,
  onEvent: (event: DemoEvent) => void,
): Promise<FollowedJob> {
  const progress: ProgressBody[] = [];
  const sequences: number[] = [];
  let result: ResultBody | undefined;
  const arrived = new Promise<ResultBody>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the webhooks of ${pipeline.name} did not arrive within ${String(LIMIT_MS / 1_000)} s`));
    }, LIMIT_MS);
    receiver.onEvent((event) => {
      if (event.kind === 'progress') progress.push(event.body);
      else result = event.body;
      sequences.push(event.sequence);
      onEvent(event);
      if (result === undefined || progress.at(-1)?.status !== result.status) return;
      clearTimeout(timer);
      resolve(result);
    });
  });
  const jobId = await post(facadeUrl, pipeline);
  const last = await arrived;
  const inOrder = sequences.every((sequence, index) => index === 0 || sequence > (sequences[index - 1] ?? 0));
  if (!inOrder) throw new Error(`the webhooks of ${jobId} arrived out of order: ${sequences.join(', ')}`);
  const polled: unknown = await (await fetch(`${facadeUrl}/api/v1/exec/results/${encodeURIComponent(jobId)}`)).json();
  if (JSON.stringify(polled) !== JSON.stringify(last))
    throw new Error(`the polled result of ${jobId} is another than the webhook's`);
  return { jobId, progress, result: last };
}

async function post(facadeUrl: string, pipeline: Pipeline): Promise<string> {
  const answer = await fetch(`${facadeUrl}/api/v1/exec/raw`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(pipeline),
  });
  const body = (await answer.json()) as { jobId?: string; error?: { message: string } };
  if (body.jobId === undefined)
    throw new Error(`the facade refused ${pipeline.name}: ${body.error?.message ?? String(answer.status)}`);
  return body.jobId;
}
