/** Senders that may reach this machine, and requests for them. All are closed by `closeSenders`. */
import { parseAllowList } from '../../src/webhooks/guard';
import type { WebhookRequest } from '../../src/domain/delivery';
import { createSender, type Sender, type SenderOptions } from '../../src/webhooks/send';
import { parseSecrets } from '../../src/webhooks/sign';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const OPTIONS: SenderOptions = {
  secrets: parseSecrets(SECRET),
  allow: parseAllowList('127.0.0.0/8, ::1'),
  connectTimeoutMs: 2_000,
};

const open: Sender[] = [];

export function sender(options: Partial<SenderOptions> = {}): Sender {
  const made = createSender({ ...OPTIONS, ...options });
  open.push(made);
  return made;
}

export function request(url: string, rest: Partial<WebhookRequest> = {}): WebhookRequest {
  return {
    url,
    kind: 'progress',
    webhookId: 'msg_1',
    sequence: 3,
    attempt: 2,
    body: '{"name":"Zoë"}',
    deadlineMs: 5_000,
    ...rest,
  };
}

export async function closeSenders(): Promise<void> {
  await Promise.all(open.splice(0).map((one) => one.close()));
}
