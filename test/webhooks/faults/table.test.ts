import { expect } from 'chai';
import { verify } from '../../../src/webhooks';
import { FAULTS, LONG_MS, SHORT_MS, type Fault } from '../../support/faults';
import { RawReceiver } from '../../support/raw-receiver';
import { until } from '../../support/until';
import { closeSenders, request, SECRET, sender } from '../senders';

// One attempt against every fault: what it is called, how long it takes, and what the receiver saw of it.

/** An attempt may last this much longer than its deadline. */
const SPARE_MS = 500;

describe('one attempt', () => {
  let receiver: RawReceiver | undefined;

  afterEach(async () => {
    await closeSenders();
    await receiver?.close();
    receiver = undefined;
  });

  for (const fault of FAULTS) {
    const { what, behaviour, statusCode, error, early = false, body = '{"name":"Zoë"}' } = fault;
    it(`against ${what}: ${outcomeOf(fault)}`, async () => {
      receiver = await RawReceiver.start(behaviour);
      const deadlineMs = error === 'timeout' ? SHORT_MS : LONG_MS;
      const start = performance.now();
      const outcome = await sender().send(request(receiver.url, { body, deadlineMs }));
      const took = performance.now() - start;

      const { startedAt, durationMs, responseBody, ...told } = outcome;
      expect(told).to.deep.equal({ ...(statusCode !== undefined && { statusCode }), ...(error && { error }) });
      expect(took).to.be.below(deadlineMs + SPARE_MS);
      expect(durationMs).to.be.within(0, Math.ceil(took));
      if (error === 'timeout') expect(durationMs).to.be.at.least(deadlineMs - 10);
      expect(Date.parse(startedAt)).to.be.within(Date.now() - took - 50, Date.now());
      expect(responseBody?.length ?? 0).to.be.at.most(1_024);

      const { sockets, requests } = receiver;
      expect(sockets).to.have.length(1);
      if (early) return;
      expect(requests).to.have.length(1);
      const [got] = requests;
      expect(got?.body.toString()).to.equal(body);
      expect(verify(got?.body ?? '', got?.headers ?? {}, SECRET)).to.deep.equal(JSON.parse(body));
    });
  }

  it('leaves no connection behind, whatever happened on it', async () => {
    const rows = FAULTS.filter(({ error }) => error !== 'timeout');
    const receivers = await Promise.all(rows.map(({ behaviour }) => RawReceiver.start(behaviour)));
    const one = sender();
    await Promise.all(receivers.map(({ url }) => one.send(request(url, { deadlineMs: LONG_MS }))));
    for (const [index, open] of receivers.entries()) {
      await until(`the end of the connection with ${rows[index]?.what ?? ''}`, () => open.allClosed, 2_000);
      await open.close();
    }
  });
});

function outcomeOf({ statusCode, error }: Fault): string {
  if (error === undefined) return `delivered, ${String(statusCode)}`;
  return statusCode === undefined ? error : `${error}, ${String(statusCode)}`;
}
