import type { Entry } from '../../src/cli/children';

export const LIGHT_ENTRY: Entry = { file: require.resolve('./light-child'), execArgv: ['--require', 'tsx'] };
