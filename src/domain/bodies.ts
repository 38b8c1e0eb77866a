/** The bodies that tell a job's state (contract §4 and §5). */
import {
  compact,
  formatTimestamp,
  type ActiveNode,
  type ProgressBody,
  type ResultBody,
  type JobStatus,
} from './events';
import type { Job } from './job';
import { formatDetails, formatProgress } from './progress';
import { entriesOf, type ResultPart } from './result-parts';
import type { Level } from './verbosity';

/** The nodes that have started and not ended. */
function activeNodes(job: Job): ActiveNode[] {
  return job.nodes.flatMap(({ plan, phase, counts, retries, suspects, width }) => {
    const active = counts.active + counts.succeed + counts.failed + retries.length + suspects.length;
    if (phase !== 'open' || active === 0) return [];
    const node = { nodeName: plan.nodeName, algorithmName: plan.algorithmName };
    return [plan.isBatch ? { ...node, batch: { active, total: width } } : node];
  });
}

/** The body of a progress event as the job stands. */
export function progressBody(
  job: Job,
  event: { level: Level; at: number; hasData: boolean; status?: JobStatus } & Pick<
    ProgressBody,
    'error' | 'nodeName' | 'reason' | 'tasks'
  >,
): ProgressBody {
  const detailed = event.level === 'debug' || event.level === 'trace';
  const nodes = detailed ? activeNodes(job) : [];
  return compact<ProgressBody>({
    jobId: job.jobId,
    timestamp: formatTimestamp(event.at),
    pipeline: job.pipeline.name,
    level: event.level,
    status: event.status ?? job.status,
    data: event.hasData
      ? {
          progress: formatProgress(job.counts),
          details: formatDetails(job.counts),
          ...(nodes.length > 0 && { activeNodes: nodes }),
        }
      : undefined,
    error: event.error,
    nodeName: event.nodeName,
    reason: event.reason,
    tasks: event.tasks,
  });
}

/** What `GET /exec/status` and the query `status` answer: what a debug subscriber would have got last. */
export function currentStatus(job: Job): ProgressBody {
  return job.record?.status ?? progressBody(job, job.last);
}

/** Every sink and every node with `includeInResults`, in node order, and how their tasks ended. */
export function resultParts(job: Job): ResultPart[] {
  return job.nodes
    .filter((node) => node.plan.included)
    .map(({ plan: { nodeName, algorithmName, isBatch }, outcomes }) => {
      return { nodeName, algorithmName, isBatch, runs: outcomes.runs() };
    });
}

/** How a job has ended. */
type Ending = { readonly status: ResultBody['status']; readonly at: number } & Pick<
  ResultBody,
  'error' | 'nodeName' | 'reason'
>;

/** The body of the result of a job that has ended as `ending` says. */
export function resultBody(job: Job, ending: Ending): ResultBody {
  const { jobId, timestamp, pipeline, status, ...rest } = resultHead(job, ending);
  const data = status === 'completed' ? resultParts(job).flatMap(entriesOf) : undefined;
  return { jobId, timestamp, pipeline, status, ...(data && { data }), ...rest };
}

/** The same without its data. */
export function resultHead(job: Job, ending: Ending): Omit<ResultBody, 'data'> {
  return compact<Omit<ResultBody, 'data'>>({
    jobId: job.jobId,
    timestamp: formatTimestamp(ending.at),
    pipeline: job.pipeline.name,
    status: ending.status,
    error: ending.error,
    nodeName: ending.nodeName,
    failures: ending.status === 'failed' ? job.failures : undefined,
    reason: ending.reason,
  });
}
