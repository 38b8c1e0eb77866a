/**
 * What all files of one mocha run share (`--require`): one Temporal server, one bundle of the workflows and the sources as
 * JavaScript, made once by the process that starts the run. A file that is run by itself makes its own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDevServer, type DevServer } from '../../src/temporal/dev-server';
import { writeBundle } from '../../src/workflow-bundle';
import { compile } from './compiled';
import { SHARED } from './shared';

let server: DevServer | undefined;
let dir: string | undefined;
let compiled: string | undefined;

export async function mochaGlobalSetup(): Promise<void> {
  dir = await mkdtemp(join(tmpdir(), 'pipelines-test-'));
  const bundle = join(dir, 'workflows.js');
  await Promise.all([
    writeBundle(bundle),
    startDevServer({ port: 0, uiPort: 0 }).then((started) => {
      server = started;
    }),
  ]);
  compiled = compile();
  // The processes of a parallel run have the environment of this one.
  process.env[SHARED.bundle] = bundle;
  process.env[SHARED.compiled] = compiled;
  process.env[SHARED.server] = JSON.stringify({ address: server?.address, uiUrl: server?.uiUrl });
  process.once('exit', () => {
    if (server !== undefined) process.kill(server.pid, 'SIGKILL');
  });
}

export async function mochaGlobalTeardown(): Promise<void> {
  const started = server;
  server = undefined;
  await started?.stop();
  for (const made of [dir, compiled]) if (made !== undefined) await rm(made, { recursive: true });
}
