import { after, before } from 'mocha';
import { expect } from 'chai';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { verify } from '../../src/webhooks';
import { parseAllowList } from '../../src/webhooks/guard';
import { parseSecrets } from '../../src/webhooks/sign';
import { answer, OK } from '../support/behaviours';
import { LONG_MS } from '../support/faults';
import { ensurePython, PYTHON_TIMEOUT } from '../support/python';
import { verifyInPython, type SignedMessage } from '../support/python-verifier';
import { RawReceiver, type RawRequest } from '../support/raw-receiver';
import { useWorker } from '../support/suite';
import { deliver, ended, startWebhookWorker, type WebhookWorker } from '../support/webhook-deliveries';

// Every request that is sent is accepted by the libraries that receivers use, in Node and in Python (contract §7).

const OLD = `whsec_${Buffer.from('the secret that goes, of 32 bytes').toString('base64')}`;
const NEW = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const FOREIGN = `whsec_${Buffer.alloc(64, 1).toString('base64')}`;
/** All planes of Unicode, what JSON escapes, and what a careless receiver would change. */
const BODY = JSON.stringify({ text: 'Zoë 🚀 \u0000\u2028 </script> \\ "', number: 1e21, empty: {}, list: [] });

/** What is signed, and by whose secret it must be known. */
const ROTATION: readonly [what: string, signing: string, known: readonly string[]][] = [
  ['before a rotation', OLD, [OLD]],
  ['in a rotation', `${NEW},${OLD}`, [OLD, NEW]],
  ['after a rotation', NEW, [NEW]],
];

describe('signatures', () => {
  const suite = useWorker({ algorithms: {} });
  const receivers: RawReceiver[] = [];
  const workers: WebhookWorker[] = [];
  /** A first try, a retry and a redelivery for each step of a rotation. */
  const sent = new Map<string, readonly RawRequest[]>();

  before('make an environment for Python', async function () {
    this.timeout(PYTHON_TIMEOUT);
    await ensurePython();
  });

  before('deliver', async function () {
    this.timeout(60_000);
    await Promise.all(
      ROTATION.map(async ([what, signing]) => {
        const receiver = await RawReceiver.start((n) => (n <= 2 ? answer('HTTP/1.1 500 No\r\n\r\n') : OK));
        receivers.push(receiver);
        const options = {
          secrets: parseSecrets(signing),
          allow: parseAllowList('127.0.0.1'),
          connectTimeoutMs: LONG_MS,
        };
        const worker = await startWebhookWorker(suite, options);
        workers.push(worker);
        const delivery = await deliver(suite, {
          url: receiver.url,
          taskQueue: worker.taskQueue,
          body: BODY,
          retryScheduleMs: [0, 0],
          attemptTimeoutMs: LONG_MS,
          retentionMs: 60_000,
        });
        await delivery.until('dead', ({ state }) => state === 'dead');
        await delivery.redeliver();
        const { attempts } = await ended(delivery);
        expect(attempts.map(({ trigger }) => trigger)).to.deep.equal(['auto', 'auto', 'manual']);
        sent.set(what, receiver.requests);
      }),
    );
  });

  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all(receivers.map((receiver) => receiver.close()));
  });

  for (const [what, signing, known] of ROTATION) {
    describe(what, () => {
      const requests = () => sent.get(what) ?? [];

      it('are fresh on the first try, the retry and the redelivery, of one id and the same bytes', () => {
        expect(requests().map(({ headers }) => headers['x-pipeline-attempt'])).to.deep.equal(['1', '2', '3']);
        expect(new Set(requests().map(({ headers }) => headers['webhook-id']))).to.have.property('size', 1);
        for (const { headers, body, at } of requests()) {
          expect(body.toString()).to.equal(BODY);
          expect(Number(headers['webhook-timestamp'])).to.be.within(Math.floor(at / 1_000) - 1, Math.floor(at / 1_000));
          expect(headers['webhook-signature']?.split(' ')).to.have.length(signing.split(',').length);
        }
      });

      it('are accepted by standardwebhooks and svix in Node, and by our own verify', () => {
        for (const { headers, body } of requests()) {
          for (const secret of known) {
            for (const library of [StandardWebhook, SvixWebhook]) {
              expect(new library(secret).verify(body.toString(), headers)).to.deep.equal(JSON.parse(BODY));
            }
            expect(verify(body, headers, secret)).to.deep.equal(JSON.parse(BODY));
          }
          for (const secret of [OLD, NEW, FOREIGN].filter((one) => !known.includes(one))) {
            expect(() => new StandardWebhook(secret).verify(body.toString(), headers)).to.throw();
            expect(() => new SvixWebhook(secret).verify(body.toString(), headers)).to.throw();
            expect(() => verify(body, headers, secret)).to.throw();
          }
        }
      });
    });
  }

  it('are accepted by standardwebhooks and svix in Python', async function () {
    this.timeout(30_000);
    const good = ROTATION.flatMap(([what, , known]) =>
      (sent.get(what) ?? []).flatMap((request) => known.map((secret) => message(request, secret))),
    );
    const bad = good.flatMap((one) => [
      { ...one, secret: FOREIGN },
      { ...one, body: BODY.replace('{', '{ ') },
    ]);
    expect(good).to.have.length(3 * (1 + 2 + 1));
    const verdicts = await verifyInPython([...good, ...bad]);
    expect(verdicts).to.have.length(good.length + bad.length);
    for (const [index, verdict] of verdicts.entries()) {
      expect(verdict).to.have.all.keys('standardwebhooks', 'svix');
      for (const text of Object.values(verdict)) {
        expect(text).to.match(index < good.length ? /^accepted$/ : /^refused: No matching signature/);
      }
    }
  });
});

function message({ headers, body }: RawRequest, secret: string): SignedMessage {
  return { secret, headers, body: body.toString() };
}
