/** The demo's receiver: what a team writes on its side. It verifies signatures and drops duplicates by `webhook-id`. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProgressBody, ResultBody } from '../../domain/events';
import { verify } from '../../webhooks';

export type DemoEvent =
  | { readonly kind: 'progress'; readonly sequence: number; readonly body: ProgressBody }
  | { readonly kind: 'result'; readonly sequence: number; readonly body: ResultBody };

export interface ReceiverCounts {
  /** Every request that came. */
  received: number;
  /** Those whose signature held. */
  verified: number;
  /** Those that had come before. */
  duplicates: number;
}

export class DemoReceiver {
  readonly counts: ReceiverCounts = { received: 0, verified: 0, duplicates: 0 };
  private readonly seen = new Set<string>();
  private listener: (event: DemoEvent) => void = () => undefined;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(secret: string): Promise<DemoReceiver> {
    const server = createServer((request, response) => {
      receiver.receive(request, secret).then(
        () => response.writeHead(204).end(),
        () => response.writeHead(400).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const receiver = new DemoReceiver(
      server,
      `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/webhooks`,
    );
    return receiver;
  }

  /** @param listener told of every event once, in the order of arrival */
  onEvent(listener: (event: DemoEvent) => void): void {
    this.listener = listener;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async receive(request: IncomingMessage, secret: string): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    this.counts.received++;
    const body = verify(Buffer.concat(chunks), request.headers, secret);
    this.counts.verified++;
    const id = String(request.headers['webhook-id']);
    if (this.seen.has(id)) {
      this.counts.duplicates++;
      return;
    }
    this.seen.add(id);
    const sequence = Number(request.headers['x-pipeline-sequence']);
    this.listener(
      request.headers['x-pipeline-event'] === 'result'
        ? { kind: 'result', sequence, body: body as ResultBody }
        : { kind: 'progress', sequence, body: body as ProgressBody },
    );
  }
}
