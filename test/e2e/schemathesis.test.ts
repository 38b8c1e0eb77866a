import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithms } from '../../activities';
import { useFacade } from '../support/facade';
import { useLoneServer } from '../support/lone-server';
import { ensurePython } from '../support/python';
import { useWorker } from '../support/suite';

/** Making the environment takes long, once on a machine. */
const TIMEOUT = 600_000;

describe('what schemathesis makes of the OpenAPI document', function () {
  this.timeout(TIMEOUT);
  const algorithms: Algorithms = { 'green-alg': ({ input: [value] }) => value };
  // It asks for whatever it finds: jobs of other tests may be in any state, and their workers gone.
  const suite = useWorker({ algorithms }, useLoneServer());
  const facade = useFacade(suite, Object.keys(algorithms));

  it('is answered as the document says, and never by a 500', async () => {
    const python = await ensurePython();
    const folder = await mkdtemp(join(tmpdir(), 'schemathesis-'));
    const child = spawn(
      python,
      [
        '-c',
        'from schemathesis.cli import schemathesis; schemathesis()',
        ...['run', `${facade.url}/swagger-api`, '--phases', 'examples,coverage,fuzzing'],
        ...['--seed', '7', '--max-examples', '8', '--generation-database', 'none', '--workers', '1'],
        // One worker: two parse Python at once, which CPython 3.11 can't.
        // No schema can say what a pipeline means.
        ...['--exclude-checks', 'positive_data_acceptance', '--no-color'],
      ],
      // It leaves a report where it runs.
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
    }
    const [code] = (await once(child, 'close')) as [number];
    await rm(folder, { recursive: true });
    expect(code, printed).to.equal(0);
  });
});
