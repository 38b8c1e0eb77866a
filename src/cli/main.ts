#!/usr/bin/env node
/** The command line. Its commands are loaded when they are called: `--help` needs no Temporal. */
import { Command } from 'commander';
import type { Flags } from '../config';
import { failWith } from './failure';
import { addConfigOptions, configOf } from './options';
import { version } from './version';

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

program.parseAsync().catch(failWith);
