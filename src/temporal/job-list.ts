/** All jobs of a namespace, to look through. */
import type { Client } from '@temporalio/client';
import { FoundJob } from './found-job';
import { readTree, type JobTree } from './job-tree';
import { countJobs, listRuns, searchRuns, type JobSearch, type SearchPage } from './search-jobs';

/** Some of the jobs that a search has found. */
export interface JobPage {
  /** In the order that was asked for. */
  readonly hits: readonly FoundJob[];
  /** Asks for what follows, which may be nothing; absent where nothing does. */
  readonly cursor?: string;
}

/**
 * All jobs that Temporal retains, those that have ended included. They are found by search attributes: each call throws a
 * PipelineError `Unavailable` where the namespace lacks them. Visibility is a moment behind: what was started or has ended
 * just now may be missing, or be told as it was.
 */
export class JobList {
  constructor(private readonly client: Client) {}

  /**
   * Those that match all of it, a page at a time.
   *
   * @throws PipelineError `InvalidPipeline` where the cursor is none, or too many are passed over
   */
  async search(criteria: JobSearch = {}, page: SearchPage = {}): Promise<JobPage> {
    const { runs, cursor } = await searchRuns(this.client, criteria, page);
    const hits = runs.map((run) => new FoundJob(this.client, run));
    return { hits, ...(cursor !== undefined && { cursor }) };
  }

  /** Those that match all of it, one by one as they are asked for. The order is that of {@link SearchPage}. */
  async *list(criteria: JobSearch = {}, order: 'asc' | 'desc' = 'desc'): AsyncGenerator<FoundJob> {
    for await (const run of listRuns(this.client, criteria, order)) yield new FoundJob(this.client, run);
  }

  /** How many match all of it. */
  count(criteria: JobSearch = {}): Promise<number> {
    return countJobs(this.client, criteria);
  }

  /**
   * The whole tree of jobs that started each other, which a job is in.
   *
   * @throws PipelineError `NotFound` where there is no such job, or it stands alone
   */
  tree(jobId: string): Promise<JobTree> {
    return readTree(this.client, jobId);
  }
}
