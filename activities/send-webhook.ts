import type { AttemptOutcome } from '../src/domain/delivery';
import type { Sender } from '../src/webhooks/send';
import type { SendWebhookInput } from './contract';

/** The activity `sendWebhook`: one attempt. It answers every outcome and throws none, so that nothing else retries it. */
export function createSendWebhook(sender: Sender): (input: SendWebhookInput) => Promise<AttemptOutcome> {
  return (input) => sender.send(input);
}
