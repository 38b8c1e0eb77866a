'use strict';

/**
 * Lets Node run TypeScript, as `--import tsx` does, but in no thread: that would inherit the option, and a workflow thread of
 * Temporal's, of which each worker starts one, runs JavaScript alone. It would cost it more than all else that it loads.
 */
if (require('node:worker_threads').isMainThread) require('tsx');
