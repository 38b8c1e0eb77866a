/** What the demo must have shown; each check that does not hold is one line. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackageReport } from '../../examples';
import type { FollowedJob } from './job';
import type { ReceiverCounts } from '../receiver';

export function checkSeed({ progress, result }: FollowedJob): string[] {
  const statuses = progress.map(({ status }) => status).join(', ');
  const results = (result.data ?? [])
    .map((entry) => `${entry.batchID ?? ''}=${JSON.stringify(entry.result)}`)
    .join(', ');
  return [
    ...unless(statuses === 'pending, active, completed', `batch: progress was ${statuses}`),
    ...unless(results === 'green#1=10, green#2=20, green#3=30', `batch: result was ${results}`),
  ];
}

/** @param packages what was sent; `root` is where they lie, to look at the files once more */
export async function checkPackages(job: FollowedJob, root: string, packages: readonly string[]): Promise<string[]> {
  const report = reportOf(job);
  if (report === undefined) return [`packages: ended as ${job.result.status}: ${job.result.error ?? 'no report'}`];
  const [manifests, files] = [
    packages.length,
    await Promise.all(packages.map((path) => stat(join(root, path, 'package.json')))),
  ];
  const smallest = files.reduce((sum, { size }) => sum + size, 0);
  const licences = Object.values(report.licences).reduce((sum, count) => sum + count, 0);
  return [
    ...unless(
      report.packages === manifests,
      `packages: ${String(report.packages)} of ${String(manifests)} are measured`,
    ),
    ...unless(
      licences === manifests,
      `packages: ${String(licences)} of ${String(manifests)} have their licence checked`,
    ),
    ...unless(
      report.bytes >= smallest,
      `packages: ${String(report.bytes)} bytes are less than the manifests alone have`,
    ),
  ];
}

export function checkReceiver({ received, verified }: ReceiverCounts): string[] {
  return unless(
    received === verified && received > 0,
    `${String(verified)} of ${String(received)} webhooks were verified`,
  );
}

export function reportOf({ result }: FollowedJob): PackageReport | undefined {
  return result.data?.[0]?.result as PackageReport | undefined;
}

function unless(holds: boolean, problem: string): string[] {
  return holds ? [] : [problem];
}
