/** As light as a supervised process can be: it starts in no time, and does what the real ones do for their supervisor. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { reportReady, runAsChild } from '../../src/cli/child';

const [, , command] = process.argv;
if (process.env['LIGHT_CHILD_FAILS'] === command) process.exit(3);

const server = createServer((_request, response) => response.end(process.env['TEMPORAL_ADDRESS']));
runAsChild(() => Promise.resolve());
if (command === 'serve') {
  server.listen(Number(process.env['PORT']), process.env['HOST'], () => {
    reportReady();
  });
} else {
  reportReady();
  // For tests, which the supervisor does not tell.
  writeFileSync(join(process.env['DATA_DIR'] ?? '', `ready-${String(process.pid)}`), '');
}
