/** Runs in a network of its own, in which the addresses that no webhook may go to answer: tells which are reached. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AttemptOutcome } from '../../src/domain/delivery';
import { parseAllowList } from '../../src/webhooks/guard';
import { createSender } from '../../src/webhooks/send';

/** The argument, as JSON. */
export interface NamespaceTask {
  /** As they stand in a URL. */
  readonly hosts: readonly string[];
}

export interface NamespaceReport {
  /** The hosts that a sender reaches that may go anywhere: the others could not tell a guard that is not there. */
  readonly reachable: readonly string[];
  /** What a guarded sender says of each host. */
  readonly outcomes: readonly AttemptOutcome[];
  /** How many connections it made. */
  readonly connections: number;
}

async function work({ hosts }: NamespaceTask): Promise<NamespaceReport> {
  let connections = 0;
  const canary = createServer((_, response) => response.writeHead(204).end()).on('connection', () => connections++);
  await new Promise<void>((resolve) => canary.listen(0, '::', resolve));
  const { port } = canary.address() as AddressInfo;

  async function sendAll(allow: string): Promise<AttemptOutcome[]> {
    const sender = createSender({ secrets: [], allow: parseAllowList(allow), connectTimeoutMs: 1_000 });
    return Promise.all(
      hosts.map((host) => {
        const url = `http://${host}:${String(port)}/hook`;
        const request = { url, kind: 'result', webhookId: 'msg_1', sequence: 1, attempt: 1, body: '{}' } as const;
        return sender.send({ ...request, deadlineMs: 2_000 });
      }),
    );
  }

  const free = await sendAll('0.0.0.0/0, ::/0');
  const reachable = hosts.filter((_, index) => free[index]?.statusCode === 204);
  connections = 0;
  const outcomes = await sendAll('');
  canary.close();
  return { reachable, outcomes, connections };
}

void work(JSON.parse(process.argv[2] ?? '') as NamespaceTask).then((report) => {
  process.stdout.write(JSON.stringify(report));
});
