import type { StartedJob } from '../client';
import { withDefaults } from '../domain/defaults';
import { isJsonObject } from '../domain/json';
import type { Pipeline } from '../domain/pipeline';

/** The pipeline that a job was started with, as HKube shows it. */
export function presentStarted(jobId: string, { pipeline, startTime, types, rootJobId }: StartedJob): object {
  const shown = withDefaults(withoutCredentials(pipeline));
  return { ...shown, jobId, startTime, types, ...(rootJobId !== undefined && { rootJobId }) };
}

/** A webhook with credentials is refused; who started it straight on Temporal has them, or whatever else, in its arguments. */
export function withoutCredentials(pipeline: Pipeline): Pipeline {
  const given: unknown = (pipeline as Partial<Pipeline> | null)?.webhooks;
  if (!isJsonObject(given)) return pipeline;
  const webhooks = Object.fromEntries(Object.entries(given).map(([kind, url]) => [kind, hideCredentials(url)]));
  return { ...pipeline, webhooks };
}

function hideCredentials(url: unknown): unknown {
  if (typeof url !== 'string' || !URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.username === '' && parsed.password === '') return url;
  [parsed.username, parsed.password] = ['', ''];
  return parsed.href;
}
