import { join } from 'node:path';

/** The database where no other is named. */
export function sqliteFile(dataDir: string): string {
  return join(dataDir, 'definitions.db');
}
