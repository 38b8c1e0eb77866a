import { join } from 'node:path';
import type { Entry } from '../../src/cli/children';

export const LIGHT_ENTRY: Entry = { file: join(__dirname, 'light-child.ts'), execArgv: ['--require', 'tsx'] };
