/**
 * `temporal-pipelines demo`: starts everything, brings up a receiver, runs the seed's pipeline and one over every package
 * in `node_modules`, and says whether all that was promised was seen.
 */
import cliProgress from 'cli-progress';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import pc from 'picocolors';
import { loadConfig, type Config } from '../../config';
import type { ProgressBody } from '../../domain/events';
import { findPackages, packagesPipeline, seedPipeline } from '../../examples';
import { checkPackages, checkReceiver, checkSeed, reportOf } from '../demo/checks';
import { runJob, type FollowedJob } from '../demo/job';
import { DemoReceiver } from '../demo/receiver';
import { printReport } from '../demo/report';
import { startAll, type Running } from '../supervisor';

/** @returns the exit code: 0 only where everything held */
export async function demo(config: Config): Promise<number> {
  const root = resolve('node_modules');
  if (!existsSync(root)) throw new Error('the demo reads the packages in ./node_modules, and there are none here');
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const receiver = await DemoReceiver.start(secret);
  let running: Running | undefined;
  const interrupt = (): void => {
    void running?.stop().then(() => process.exit(130));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const own = { WEBHOOK_SECRETS: secret, ALGORITHMS: undefined, PIPELINES_DIALECT: undefined };
    const signed = loadConfig({ LOG_LEVEL: 'warn', ...config.given, ...own });
    running = await startAll(signed, { log: say });
    say(`facade ${pc.cyan(running.facadeUrl)}, Temporal Web ${pc.cyan(running.uiUrl ?? 'none')}`);
    return await show(running, receiver, root);
  } finally {
    await running?.stop();
    await receiver.close();
  }
}

async function show(running: Running, receiver: DemoReceiver, root: string): Promise<number> {
  const webhooks = { progress: receiver.url, result: receiver.url };
  say(pc.bold("\n1. HKube's batch: green over 1, 2, 3"));
  const seed = await runJob(running.facadeUrl, receiver, seedPipeline(webhooks), ({ kind, body }) => {
    say(`${pc.green(`webhook ${kind}`)} ${JSON.stringify(body)}`);
  });

  const packages = await findPackages(root);
  say(pc.bold(`\n2. ${String(packages.length)} packages of node_modules: read, licence, measure, report`));
  const bar = progressBar();
  const job = await runJob(
    running.facadeUrl,
    receiver,
    packagesPipeline('node_modules', packages, webhooks),
    (event) => {
      if (event.kind === 'progress') bar.show(event.body);
    },
  );
  bar.stop();
  const report = reportOf(job);
  if (report !== undefined) printReport(report, say);

  const { received, verified, duplicates } = receiver.counts;
  say(
    `\nwebhooks: ${String(received)} received, ${String(verified)} verified, ${String(duplicates)} duplicates dropped`,
  );
  sayLinks(running, [seed, job]);
  const problems = [
    ...checkSeed(seed),
    ...(await checkPackages(job, root, packages)),
    ...checkReceiver(receiver.counts),
  ];
  problems.forEach((problem) => {
    say(pc.red(`✘ ${problem}`));
  });
  if (problems.length === 0) say(pc.green('✔ everything was as promised'));
  return problems.length === 0 ? 0 : 1;
}

function sayLinks({ uiUrl }: Running, jobs: readonly FollowedJob[]): void {
  if (uiUrl === undefined) return;
  for (const { jobId } of jobs) {
    say(`Temporal Web: ${pc.cyan(`${uiUrl}/namespaces/default/workflows/${encodeURIComponent(jobId)}`)}`);
  }
  say(pc.dim('the server stops with the demo; "npm start" brings it back with these jobs'));
}

/** Driven by the arriving webhooks alone; where there is no terminal, one line for each. */
function progressBar(): { show(body: ProgressBody): void; stop(): void } {
  const bar = new cliProgress.SingleBar(
    { format: '{bar} {progress} %  {details}', hideCursor: true },
    cliProgress.Presets.shades_classic,
  );
  const isTerminal = process.stdout.isTTY;
  if (isTerminal) bar.start(100, 0, { progress: '0.00', details: '' });
  return {
    show({ status, data }) {
      if (data === undefined) return;
      const details = data.details.replace(/^[^,]*,? ?/, '');
      if (isTerminal) bar.update(Number(data.progress), { progress: data.progress, details });
      else say(`webhook progress ${status} ${data.details}`);
    },
    stop() {
      if (isTerminal) bar.stop();
    },
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
