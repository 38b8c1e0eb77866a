/** One piece of work on either side, until its result is read and every value of it checked. */
import { randomUUID } from 'node:crypto';
import type { ResultBody } from '../../src/domain/events';
import type { Pipeline } from '../../src/domain/pipeline';
import type { Timing } from './algorithms';
import type { Rig } from './rig';

export function pipelineOf(count: number, timing?: Timing, plain = 'times-ten'): Pipeline {
  const [algorithmName, input] =
    timing === undefined
      ? [plain, [`#[1...${String(count)}]`]]
      : ['slow-times-ten', [`#[1...${String(count)}]`, '@flowInput']];
  return {
    name: 'bench',
    nodes: [{ nodeName: 'green', algorithmName, input }],
    ...(timing !== undefined && { flowInput: { ...timing } }),
  };
}

/** Through the client that a caller uses. */
export async function runOurs(rig: Rig, count: number, timing?: Timing): Promise<void> {
  const job = await rig.pipelines.start(pipelineOf(count, timing));
  checkBody(await job.result(), count);
}

/** The same with an algorithm that is declared short. */
export async function runShort(rig: Rig, count: number): Promise<void> {
  const job = await rig.pipelines.start(pipelineOf(count, undefined, 'short-times-ten'));
  checkBody(await job.result(), count);
}

/** @param type of the bare workflows */
export async function runBare(rig: Rig, type: string, ...args: [count: number, ...unknown[]]): Promise<void> {
  const handle = await rig.client.workflow.start(type, {
    workflowId: `bare:${randomUUID()}`,
    taskQueue: rig.queue('bare'),
    args,
  });
  checkValues((await handle.result()) as readonly unknown[], args[0]);
}

/** @throws Error where the job has not completed, or anything of its result is not as it must be */
export function checkBody({ status, data, error }: ResultBody, count: number): void {
  if (status !== 'completed') throw new Error(`the job has ${status}: ${error ?? ''}`);
  const entries = data ?? [];
  entries.forEach(({ batchID }, index) => {
    if (batchID !== `green#${String(index + 1)}`) throw new Error(`entry ${index + 1} is of ${String(batchID)}`);
  });
  checkValues(
    entries.map(({ result }) => result),
    count,
  );
}

/** Every value, in order. */
export function checkValues(values: readonly unknown[], count: number): void {
  if (values.length !== count) throw new Error(`${values.length} results instead of ${count}`);
  values.forEach((value, index) => {
    if (value !== (index + 1) * 10) throw new Error(`result ${index + 1} is ${JSON.stringify(value)}`);
  });
}

/** @returns how long it took, in milliseconds */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}
