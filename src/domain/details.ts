import type { Job } from './job';
import { finishedTasks, formatDetails } from './progress';

/** The current details of Temporal Web: how far the job is, in words. */
export function describeJob(job: Job): string {
  const nodes = job.nodes.map(({ plan, counts, phase, width }) => {
    const done = finishedTasks(counts);
    const failed = counts.failed > 0 ? `, ${String(counts.failed)} failed` : '';
    return phase === 'creating'
      ? `- ${plan.nodeName}: waits for ${plan.parents.join(', ')}`
      : `- ${plan.nodeName}: ${String(done)} of ${String(width)} done${failed}`;
  });
  const shown = nodes.length > 20 ? [...nodes.slice(0, 20), `- and ${String(nodes.length - 20)} nodes more`] : nodes;
  return [`**${job.status}**, ${formatDetails(job.counts)}`, '', ...shown].join('\n');
}
