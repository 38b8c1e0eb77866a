'use strict';

// Extensions of one configuration: `npm run test:unit` and its sisters name the files (package.json).
module.exports = {
  // Not `require`: it is to be there before any other file that is required.
  'node-option': [`require=${require.resolve('./test/support/typescript.cjs')}`],
  extension: ['ts'],
  // A test on a real Temporal server may need to start it first. `test:unit` lowers this to 10 s.
  timeout: '60s',
  forbidOnly: true,
  // Where the whole must run (CI), a test that was skipped is a failure.
  forbidPending: Boolean(process.env.CI),
};
