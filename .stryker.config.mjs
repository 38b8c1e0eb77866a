/** `npm run mutants`: whether the tests of the pure domain notice when its code is changed. Half an hour. */
export default {
  mutate: ['src/domain/**/*.ts'],
  testRunner: 'mocha',
  // What .mocharc.cjs says by `node-option`, which counts only where mocha starts the process itself.
  testRunnerNodeArgs: ['--import=tsx'],
  mochaOptions: { spec: ['test/domain/**/*.test.ts'] },
  coverageAnalysis: 'perTest',
  reporters: ['clear-text', 'html', 'progress'],
  htmlReporter: { fileName: 'coverage/mutants.html' },
  thresholds: { high: 90, low: 80, break: 80 },
  tempDirName: '.stryker',
  ignorePatterns: ['/lib', '/coverage', '/.data'],
};
