/** Outputs of an earlier job for one that reads them: what lies in blobs becomes its own, as blobs go with their job. */
import type { BlobRef } from '../domain/blob';
import type { ItemOutcome } from '../domain/block';
import { PipelineError } from '../domain/errors';
import type { GivenOutput } from '../domain/given-output';
import type { NodePlan } from '../domain/graph';
import { toRuns } from '../domain/index-runs';
import { getPath } from '../domain/json';
import type { OutcomesSnapshot } from '../domain/outcomes';
import { BlobError, readBlob, type BlobStore } from './blobs';
import { putElements, toBody } from './elements';
import { readLines, toLine } from './entries';
import { MAX_INLINE_BYTES } from './flow-input';
import { JobBlobs, type BlobOwner } from './job-blobs';

export interface OutputBlobs {
  readonly store: BlobStore;
  /** The job that reads them. */
  readonly owner: BlobOwner;
  /** Of its nodes: the arrays that they read by element are written by themselves as well. */
  readonly plans: readonly NodePlan[];
}

/**
 * Copies what outputs refer to, one blob at a time, and writes down what is large of the rest. The same once more replaces the
 * blobs by themselves.
 *
 * @throws PipelineError `Unavailable`; `WrongState` where the earlier job's blobs are gone
 */
export async function ownOutputs(outputs: readonly GivenOutput[], blobs: OutputBlobs): Promise<GivenOutput[]> {
  try {
    const own: GivenOutput[] = [];
    for (const [position, output] of outputs.entries()) own.push(await new Copier(blobs, position, output).copy());
    return own;
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    throw new PipelineError(error.code === 'BlobNotFound' ? 'WrongState' : 'Unavailable', error.message);
  }
}

/** Whether some of it lies in blobs. */
export function isStored({ outcomes: { inline, stored } }: GivenOutput): boolean {
  return stored.length > 0 || inline.some(([, outcome]) => 'blob' in outcome);
}

class Copier {
  private readonly blobs: JobBlobs;
  private count = 0;

  constructor(
    private readonly to: OutputBlobs,
    private readonly position: number,
    private readonly output: GivenOutput,
  ) {
    this.blobs = new JobBlobs(to.store);
  }

  async copy(): Promise<GivenOutput> {
    const { inline, stored, ...rest } = this.output.outcomes;
    const own: OutcomesSnapshot['stored'][number][] = [];
    for (const [blob, ...others] of stored) own.push([await this.copyLines(blob), ...others]);
    const kept = await this.ownInline(inline);
    return { ...this.output, outcomes: { ...rest, inline: kept.inline, stored: [...own, ...kept.stored] } };
  }

  /** Outcomes, one a line, some of which may be blobs themselves. */
  private async copyLines(blob: BlobRef): Promise<BlobRef> {
    const lines = await readLines(this.to.store, blob);
    for (const [index, line] of lines.entries()) {
      if (!line.startsWith('{"blob":')) continue;
      const { blob: inner } = JSON.parse(line) as { readonly blob: BlobRef };
      lines[index] = toLine({ blob: await this.copyBlob(inner) });
    }
    return await this.put(toBody(lines));
  }

  private async ownInline(inline: OutcomesSnapshot['inline']): Promise<Pick<OutcomesSnapshot, 'inline' | 'stored'>> {
    const own: (readonly [number, ItemOutcome])[] = [];
    for (const [index, outcome] of inline) own.push([index, await this.ownOutcome(outcome)]);
    if (Buffer.byteLength(JSON.stringify(own)) <= MAX_INLINE_BYTES) return { inline: own, stored: [] };
    if (!this.output.isBatch) return { inline: await Promise.all(own.map((one) => this.storeOne(one))), stored: [] };
    const sorted = own.sort(([one], [other]) => one - other);
    const failed = sorted.flatMap(([index, outcome]) => ('error' in outcome ? [index] : []));
    const blob = await this.put(toBody(sorted.map(([, outcome]) => toLine(outcome))));
    return { inline: [], stored: [[blob, toRuns(sorted.map(([index]) => index)), toRuns(failed)]] };
  }

  private async ownOutcome(outcome: ItemOutcome): Promise<ItemOutcome> {
    if (!('blob' in outcome)) return outcome;
    const { blob, elements } = outcome;
    const own = { blob: await this.copyBlob(blob) };
    if (elements === undefined) return own;
    const copied: { path: readonly string[]; chunks: (readonly [BlobRef, number])[] }[] = [];
    for (const { path, chunks } of elements) {
      const ownChunks: (readonly [BlobRef, number])[] = [];
      for (const [chunk, count] of chunks) ownChunks.push([await this.copyBlob(chunk), count]);
      copied.push({ path, chunks: ownChunks });
    }
    return { ...own, elements: copied };
  }

  /** The one task of a node that is no batch. */
  private async storeOne([index, outcome]: readonly [number, ItemOutcome]): Promise<readonly [number, ItemOutcome]> {
    if (!('result' in outcome)) return [index, outcome];
    const { result } = outcome;
    const blob = await this.put(JSON.stringify(result));
    const elements: { path: readonly string[]; chunks: (readonly [BlobRef, number])[] }[] = [];
    for (const path of this.arraysRead()) {
      elements.push({ path, chunks: await putElements(getPath(result, path), '', (_, body) => this.put(body)) });
    }
    return [index, { blob, ...(elements.length > 0 && { elements }) }];
  }

  /** The paths of `#@node.path`, each once. */
  private arraysRead(): (readonly string[])[] {
    const paths = new Map<string, readonly string[]>();
    for (const leaf of this.to.plans.flatMap(({ leaves }) => leaves)) {
      if (leaf.kind !== 'batchReference' || leaf.source.kind !== 'node') continue;
      if (leaf.source.nodeName === this.output.nodeName) paths.set(leaf.source.path.join('.'), leaf.source.path);
    }
    return [...paths.values()];
  }

  private async copyBlob(blob: BlobRef): Promise<BlobRef> {
    return await this.put(await readBlob(this.to.store, blob));
  }

  private async put(body: Buffer | string): Promise<BlobRef> {
    const name = `given-${String(this.position)}-${String(this.count++)}`;
    return await this.blobs.put({ ...this.to.owner, since: Date.now() }, name, body);
  }
}
