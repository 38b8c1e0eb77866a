/** The demo's receiver: the events of its jobs, each of them once. */
import type { ProgressBody, ResultBody } from '../../domain/events';
import { WebhookReceiver, type ReceivedWebhook, type ReceiverCounts } from '../receiver';

export type DemoEvent =
  | { readonly kind: 'progress'; readonly sequence: number; readonly body: ProgressBody }
  | { readonly kind: 'result'; readonly sequence: number; readonly body: ResultBody };

export class DemoReceiver {
  private listener: (event: DemoEvent) => void = () => undefined;

  private constructor(private readonly receiver: WebhookReceiver) {}

  static async start(secret: string): Promise<DemoReceiver> {
    const onWebhook = (webhook: ReceivedWebhook): void => {
      if (webhook.check === 'verified' && !webhook.isDuplicate) receiver.listener(eventOf(webhook));
    };
    const receiver = new DemoReceiver(
      await WebhookReceiver.start({ host: '127.0.0.1', port: 0, secrets: [secret], onWebhook }),
    );
    return receiver;
  }

  get url(): string {
    return `${this.receiver.url}/webhooks`;
  }

  get counts(): Readonly<ReceiverCounts> {
    return this.receiver.counts;
  }

  /** @param listener told of every event once, in the order of arrival */
  onEvent(listener: (event: DemoEvent) => void): void {
    this.listener = listener;
  }

  close(): Promise<void> {
    return this.receiver.close();
  }
}

function eventOf({ headers, body }: ReceivedWebhook): DemoEvent {
  const sequence = Number(headers['x-pipeline-sequence']);
  return headers['x-pipeline-event'] === 'result'
    ? { kind: 'result', sequence, body: body as ResultBody }
    : { kind: 'progress', sequence, body: body as ProgressBody };
}
