import { describeWideJobs } from '../support/wide-jobs';

describeWideJobs(500, 5_000);
