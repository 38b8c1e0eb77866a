import type { Entry } from '../../src/cli/children';
import { compiled } from './compiled';

export const LIGHT_ENTRY: Entry = { file: compiled(require.resolve('./light-child')), execArgv: [] };
