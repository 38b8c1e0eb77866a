import { describeWideJobs } from '../support/wide-jobs';

/** Without a cache each workflow task replays all before it, so that time grows with the square of the length. */
const UNCACHED = process.env['MAX_CACHED_WORKFLOWS'] !== undefined;

describeWideJobs(UNCACHED ? 50 : 250, UNCACHED ? 1_000 : 2_000);
