import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { answer, pour } from '../../support/behaviours';
import type { MemoryReport, MemoryTask } from '../../support/memory-child';
import { RawReceiver } from '../../support/raw-receiver';

// What a sender's memory grows by, in a process of its own: whatever a receiver pours out, little of it is read.

const CHILD = require.resolve('../../support/memory-child');
const MAX_GROWTH = 20 * 1_024 * 1_024;
const SIZE = String(200 * 1_024 * 1_024);

describe("a sender's memory", () => {
  const receivers: RawReceiver[] = [];

  afterEach(async () => {
    for (const receiver of receivers.splice(0)) await receiver.close();
  });

  async function receive(...given: Parameters<typeof RawReceiver.start>): Promise<string> {
    const receiver = await RawReceiver.start(...given);
    receivers.push(receiver);
    return receiver.url;
  }

  it('grows by less than 20 MB over answers of 200 MB and without end', async function () {
    this.timeout(30_000);
    const rows = [
      [pour(`HTTP/1.1 200 OK\r\ncontent-length: ${SIZE}\r\n\r\n`, 'x'.repeat(1_024)), { statusCode: 200 }],
      [pour(`HTTP/1.1 500 No\r\ncontent-length: ${SIZE}\r\n\r\n`, Buffer.alloc(1_024)), { statusCode: 500 }],
      [pour('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n', Buffer.alloc(1_024)), { statusCode: 200 }],
      [pour('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1;a=b\r\nx\r\n'), { statusCode: 200 }],
      [pour('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;', 'x'), { statusCode: 200 }],
      [pour('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', 'x-a: b\r\n'), { statusCode: 200 }],
      [pour('', 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n'), { error: 'protocol' }],
      [pour('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'), { error: 'protocol' }],
      [pour('HTTP/1.1 200 ', 'OK'), { error: 'protocol' }],
    ] as const;
    const task: MemoryTask = {
      warmUp: await receive(answer('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(70_000))),
      urls: await Promise.all(rows.map(([behaviour]) => receive(behaviour))),
    };
    const child = fork(CHILD, [JSON.stringify(task)], { execArgv: ['--import', 'tsx'] });
    try {
      const [report] = (await once(child, 'message')) as [MemoryReport];
      for (const [index, [, outcome]] of rows.entries()) {
        expect(report.outcomes[index], `row ${String(index)}`).to.include(outcome);
        expect(report.grown[index], `row ${String(index)}`).to.be.below(MAX_GROWTH);
      }
    } finally {
      child.kill('SIGKILL');
    }
  });
});
