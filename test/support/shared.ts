/** The variables by which the processes of one mocha run know what they share; see `global.ts`. */
export const SHARED = { bundle: 'WORKFLOW_BUNDLE', server: 'TEST_TEMPORAL_SERVER', compiled: 'TEST_COMPILED' } as const;
