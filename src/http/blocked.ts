/** URLs that a caller gives are refused at once where they can never be reached. */
import { invalid } from '../domain/errors';
import type { Pipeline } from '../domain/pipeline';
import { checkUrl, type AllowList } from '../webhooks/guard';

/**
 * Literal addresses only: names resolve later, and are checked at each attempt.
 *
 * @throws PipelineError `InvalidPipeline`, `<at>: blocked address`
 */
export function refuseBlocked(url: string, at: string, allow: AllowList): void {
  const refusal = checkUrl(url, allow);
  if (refusal !== undefined) throw invalid(`${at}: ${refusal.error}`);
}

export function refuseBlockedWebhooks({ webhooks = {} }: Pipeline, allow: AllowList): void {
  for (const [kind, url] of Object.entries(webhooks)) refuseBlocked(url, `data.webhooks.${kind}`, allow);
}
