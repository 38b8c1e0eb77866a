/** The results of a job that has ended, wherever they lie (contract §5). */
import { findData, parseRef } from '../domain/big-results';
import { headIn, toHkubeEntry, toHkubeResults, type Dialect, type HkubeResults } from '../domain/dialect';
import { PipelineError } from '../domain/errors';
import type { ResultBody, ResultEntry } from '../domain/events';
import type { JobRecord } from '../domain/job-record';
import type { OutcomeRun } from '../domain/outcome-runs';
import type { ResultPart } from '../domain/result-parts';
import { BlobError, type BlobStore } from './blobs';
import { bodyText, entriesText, readAll, readEntries, resultText } from './entries';

/** JSON, in as many pieces as it comes. */
export type JsonText = AsyncIterable<string | Buffer>;

/** What a reference stands for: at hand, or as JSON that is read as it is asked for. */
export type ResultData =
  | {
      /** The value itself. */
      readonly value: unknown;
      /** Absent where there is a value. */
      readonly text?: undefined;
    }
  | {
      /** The value as JSON. */
      readonly text: JsonText;
    };

/** Every call throws PipelineError `Unavailable` where the blobs can not be read. */
export class JobResults {
  constructor(
    private readonly record: Pick<JobRecord, 'results' | 'parts'>,
    private readonly blobs: BlobStore | undefined,
  ) {}

  /** All of it. */
  async body(): Promise<ResultBody> {
    const { results, parts } = this.record;
    if (parts === undefined) return results;
    const { data: _, jobId, timestamp, pipeline, status, ...rest } = results;
    return { jobId, timestamp, pipeline, status, data: await this.entries(parts), ...rest };
  }

  /** The same as a value, or piece by piece where it is large. */
  bodyOrText(): ResultBody | JsonText {
    const { results, parts } = this.record;
    return parts === undefined ? results : told(bodyText(results, parts, this.store()));
  }

  /**
   * The same as HKube's API answers it.
   *
   * @param submittedAt of the job, in epoch milliseconds
   */
  hkubeBodyOrText(submittedAt: number): HkubeResults | JsonText {
    const { results, parts } = this.record;
    const body = toHkubeResults(results, submittedAt);
    return parts === undefined ? body : told(bodyText(body, parts, this.store(), headIn('hkube')));
  }

  /**
   * What a reference in the body of the webhook stands for; undefined where the job has no such reference.
   *
   * @param dialect of the entries of a node
   */
  async data(ref: string, dialect: Dialect = 'contract'): Promise<ResultData | undefined> {
    const { results, parts } = this.record;
    const found = parseRef(ref);
    if (found === undefined) return undefined;
    if (parts === undefined) {
      const value = findData(results, ref);
      if (value === undefined) return undefined;
      const isNode = found.kind === 'node' && dialect === 'hkube';
      return { value: isNode ? (value as readonly ResultEntry[]).map(toHkubeEntry) : value };
    }
    if (found.kind === 'entry') return await this.entry(parts, found.index);
    const part = parts.filter(({ runs }) => runs.length > 0)[found.index];
    return part && { text: told(entriesText([part], this.store(), headIn(dialect))) };
  }

  private async entry(parts: readonly ResultPart[], index: number): Promise<{ readonly text: JsonText } | undefined> {
    const store = this.store();
    let place = index;
    for (const part of parts) {
      for (const run of part.runs) {
        const count = lengthOf(run);
        if (place >= count) {
          place -= count;
          continue;
        }
        for await (const entries of told(readEntries({ ...part, runs: [onlyOne(run, place)] }, store))) {
          const [entry] = entries;
          const isResult = entry !== undefined && (typeof entry.tail !== 'string' || !entry.tail.startsWith('"error"'));
          return isResult ? { text: told(resultText(entry, store)) } : undefined;
        }
      }
    }
    return undefined;
  }

  private async entries(parts: readonly ResultPart[]): Promise<ResultEntry[]> {
    try {
      return await readAll(parts, this.store());
    } catch (error) {
      throw toPipelineError(error);
    }
  }

  private store(): BlobStore {
    if (this.blobs !== undefined) return this.blobs;
    throw new PipelineError('Unavailable', 'the results lie in blobs: give the client the `blobs` of the workers');
  }
}

function lengthOf(run: OutcomeRun): number {
  return 'outcomes' in run ? run.outcomes.length : run.count;
}

function onlyOne(run: OutcomeRun, offset: number): OutcomeRun {
  const first = run.first + offset;
  return 'outcomes' in run
    ? { first, outcomes: run.outcomes.slice(offset, offset + 1) }
    : { ...run, first, count: 1, line: run.line + offset };
}

/** What a store says as the client's own error. */
async function* told<Chunk>(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
  try {
    yield* chunks;
  } catch (error) {
    throw toPipelineError(error);
  }
}

function toPipelineError(error: unknown): unknown {
  return error instanceof BlobError ? new PipelineError('Unavailable', error.message, undefined) : error;
}
