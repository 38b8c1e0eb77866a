import type { Activities } from './contract';
import type { Sender } from '../src/webhooks/send';

/** The activity `sendWebhook`: one attempt. It answers every outcome and throws none, so that nothing else retries it. */
export function createSendWebhook(sender: Sender): Activities['sendWebhook'] {
  return (request) => sender.send(request);
}
