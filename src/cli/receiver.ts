/**
 * A receiver as a team writes one: it verifies what arrives over its raw bytes, and knows by `webhook-id` what it has had
 * before. For the demo and `listen`.
 */
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { urlOf } from '../config';
import { verify, WebhookVerificationError } from '../webhooks';

/** One POST, whatever it is worth. */
export interface ReceivedWebhook {
  readonly at: Date;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed text; undefined where it is no JSON. */
  readonly body: unknown;
  /** `unchecked` where the receiver has no secrets. */
  readonly check: 'verified' | 'unchecked' | 'refused';
  /** Why it was refused. */
  readonly refusal?: string;
  /** It was taken before: a team's receiver answers 2xx and does nothing else. */
  readonly isDuplicate: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds until it is given. */
  readonly afterMs?: number;
}

/** `timeout`: no answer for as long as the sender waits; `close`, `reset`: an end of the connection instead of one. */
export type Reply = Answer | 'timeout' | 'close' | 'reset';

export interface ReceiverCounts {
  /** Every POST. */
  received: number;
  /** Those whose signature held. */
  verified: number;
  /** Those whose signature did not. */
  refused: number;
  /** Those that were taken before. */
  duplicates: number;
}

export interface ReceiverOptions {
  readonly host: string;
  /** 0 is any free one. */
  readonly port: number;
  /** `whsec_…`; any of them may have signed. Without any nothing is checked. */
  readonly secrets: readonly string[];
  /** What a webhook that is not refused is answered. @default 204 */
  readonly reply?: (webhook: ReceivedWebhook) => Reply;
  /** Told of every webhook, refused ones too, in the order of arrival, and of what it is answered. */
  readonly onWebhook: (webhook: ReceivedWebhook, reply: Reply) => void;
}

const TAKEN: Reply = { status: 204 };
const REFUSED: Reply = { status: 401 };

export class WebhookReceiver {
  readonly counts: ReceiverCounts = { received: 0, verified: 0, refused: 0, duplicates: 0 };
  private readonly seen = new Set<string>();
  private readonly server: Server;

  private constructor(private readonly options: ReceiverOptions) {
    this.server = createServer((request, response) => {
      // A sender that breaks off has sent nothing.
      this.receive(request, response).catch(() => response.destroy());
    });
  }

  /** @throws Node's error where the port or the host can't be had */
  static async start(options: ReceiverOptions): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(options);
    receiver.server.listen(options.port, options.host);
    await once(receiver.server, 'listening');
    return receiver;
  }

  get url(): string {
    return urlOf(this.options.host, (this.server.address() as AddressInfo).port);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = new Date();
    const body = Buffer.concat((await request.toArray()) as Buffer[]);
    if (request.method !== 'POST') {
      response.writeHead(405, { allow: 'POST' }).end();
      return;
    }
    const webhook = this.look(request, body, at);
    const { onWebhook, reply: replyTo = () => TAKEN } = this.options;
    const reply = webhook.check === 'refused' ? REFUSED : replyTo(webhook);
    this.count(webhook, reply);
    onWebhook(webhook, reply);
    give(reply, response);
  }

  private look({ url: path = '', headers }: IncomingMessage, bytes: Buffer, at: Date): ReceivedWebhook {
    const refusal = this.check(bytes, headers);
    const text = bytes.toString();
    return {
      at,
      path,
      headers,
      text,
      body: parsed(text),
      check: refusal !== undefined ? 'refused' : this.options.secrets.length > 0 ? 'verified' : 'unchecked',
      ...(refusal !== undefined && { refusal }),
      isDuplicate: refusal === undefined && this.seen.has(idOf(headers)),
    };
  }

  /** @returns why it is not to be trusted */
  private check(bytes: Buffer, headers: IncomingHttpHeaders): string | undefined {
    if (this.options.secrets.length === 0) return undefined;
    try {
      verify(bytes, headers, this.options.secrets);
    } catch (error) {
      if (error instanceof WebhookVerificationError) return error.message;
      // An authentic body that is no JSON: for whoever looks at the body.
      if (!(error instanceof SyntaxError)) throw error;
    }
    return undefined;
  }

  private count({ check, headers, isDuplicate }: ReceivedWebhook, reply: Reply): void {
    this.counts.received++;
    if (check === 'refused') this.counts.refused++;
    if (check === 'verified') this.counts.verified++;
    if (isDuplicate) this.counts.duplicates++;
    const id = idOf(headers);
    // Where only the answer is missing the work is done: the sender's next attempt is what must be dropped.
    if (id !== '' && (typeof reply === 'string' || reply.status < 300)) this.seen.add(id);
  }
}

function give(reply: Reply, response: ServerResponse): void {
  if (reply === 'timeout') return;
  if (reply === 'close') response.socket?.destroy();
  else if (reply === 'reset') response.socket?.resetAndDestroy();
  else if (reply.afterMs === undefined) response.writeHead(reply.status, reply.headers).end();
  else setTimeout(() => response.writeHead(reply.status, reply.headers).end(), reply.afterMs).unref();
}

function idOf(headers: IncomingHttpHeaders): string {
  return String(headers['webhook-id'] ?? '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
