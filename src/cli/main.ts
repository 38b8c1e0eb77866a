#!/usr/bin/env node
/** The command line. Its commands are loaded when they are called: `--help` needs no Temporal. */
import { Command, Option } from 'commander';
import type { Flags } from '../config';
import type { HealthFlags } from './commands/health';
import type { ImportFlags } from './commands/import';
import type { ListenFlags } from './commands/listen';
import type { SetupFlags } from './commands/setup';
import { failWith } from './failure';
import { addConfigOptions, configOf } from './options';
import { version } from './version';

// Names are looked up by threads of Node's, of which it has four: silent name servers would leave none for the others. They
// are made at their first use, which has not been yet.
process.env['UV_THREADPOOL_SIZE'] ??= '64';

const program = new Command('temporal-pipelines').description("HKube's pipelines on Temporal").version(version());

addConfigOptions(program.command('start'))
  .description('run everything on this machine: Temporal server, worker, facade')
  .action(async (flags: Flags) => {
    const { start } = await import('./commands/start.js');
    await start(configOf(flags));
  });

addConfigOptions(program.command('worker'))
  .description('run a worker: workflows, algorithms and webhooks')
  .action(async (flags: Flags) => {
    const { worker } = await import('./commands/worker.js');
    await worker(configOf(flags));
  });

addConfigOptions(program.command('serve'))
  .description('run the facade: the REST interface')
  .action(async (flags: Flags) => {
    const { serve } = await import('./commands/serve.js');
    await serve(configOf(flags));
  });

addConfigOptions(program.command('demo'))
  .description('run everything once on real data and check what comes of it')
  .action(async (flags: Flags) => {
    const { demo } = await import('./commands/demo.js');
    process.exitCode = await demo(configOf(flags));
  });

addConfigOptions(program.command('dev'), ['dataDir', 'logLevel'])
  .description('run a Temporal server alone, for a worker of your own')
  .action(async (flags: Flags) => {
    const { dev } = await import('./commands/dev.js');
    await dev(configOf(flags));
  });

addConfigOptions(program.command('setup'), ['webhookRetrySchedule', 'logLevel'])
  .description('prepare the Temporal that TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE name')
  .option('--check', 'look only, and change nothing')
  .action(async ({ check, ...flags }: Flags & SetupFlags) => {
    const { setup } = await import('./commands/setup.js');
    process.exitCode = await setup(configOf(flags), { check });
  });

addConfigOptions(program.command('health'), ['host', 'port', 'taskQueue', 'logLevel'])
  .description('ask a facade whether it is ready; ends with 0 where all is well, else with 1')
  .addOption(new Option('--live', 'ask only whether it runs').conflicts('worker'))
  .option('--worker', 'ask Temporal whether the worker of this machine was seen in the last 70 s')
  .action(async ({ live, worker, ...flags }: Flags & HealthFlags) => {
    const { health } = await import('./commands/health.js');
    process.stdout.write(`${await health(configOf(flags), { live, worker })}\n`);
  });

/** Each kind once; the command knows the rule. */
const FAULTS = '500,503:30s,timeout,reset,close,slow:8s,redirect,ok';

program
  .command('listen')
  .description('a receiver to try webhooks with: prints and verifies them, drops duplicates, fails as it is told')
  .option('--port <value>', 'port that it listens on (default: 8080)')
  .option('--host <value>', 'address that it listens on (default: 127.0.0.1)')
  .option('--secret <value>', 'whsec_… keys, comma-separated; any may have signed (default: WEBHOOK_SECRETS)')
  .option('--fail <faults>', `what to answer, in this order, and then ok: such as ${FAULTS}`)
  .option('--fail-on <event>', 'fail progress or result webhooks only')
  .option('--loop', 'then the same again, for ever')
  .option('--bodies', 'print the bodies too')
  .action(async (flags: ListenFlags) => {
    const { listen } = await import('./commands/listen.js');
    await listen(flags, process.env.WEBHOOK_SECRETS);
  });

program
  .command('import')
  .argument('<folder>', 'what hkubectl export all, pipelines or algorithms has written')
  .description('store the algorithms and pipelines of an HKube in a facade that runs')
  .option('--url <url>', 'of the facade (default: PUBLIC_URL, or http://127.0.0.1:3000)')
  .option('--token <token>', 'bearer token that it asks for (default: API_TOKEN)')
  .option('--overwrite', 'replace what is stored under the same name')
  .option('--dry-run', 'only say what would be stored, and what refused')
  .action(async (folder: string, flags: ImportFlags) => {
    const { importExport } = await import('./commands/import.js');
    process.exitCode = await importExport(folder, flags, process.env);
  });

program.parseAsync().catch(failWith);
