import { expect } from 'chai';
import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { verify, WebhookVerificationError, type WebhookHeaders } from '../../src/webhooks';
import { parseSecrets, signatureHeaders } from '../../src/webhooks/sign';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const BODY = '{"test": 2432232314}';
const NOW = 1_614_265_330_000;
const HEADERS = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const PAYLOAD = { test: 2_432_232_314 };
const without = (name: string) => Object.fromEntries(Object.entries(HEADERS).filter(([key]) => key !== name));

describe('verify', () => {
  const accepted: [string, WebhookHeaders][] = [
    ['the headers of Node', HEADERS],
    ['the headers of fetch', new Headers(HEADERS)],
    ['capitalized names', { 'Webhook-Id': HEADERS['webhook-id'], ...HEADERS, 'webhook-id': undefined }],
    ['values in arrays', Object.fromEntries(Object.entries(HEADERS).map(([key, value]) => [key, [value]]))],
    [
      'other signatures and versions besides',
      { ...HEADERS, 'webhook-signature': `v1a,AAAA v1,AAAA v1, ${HEADERS['webhook-signature']}` },
    ],
  ];
  for (const [what, headers] of accepted) {
    it(`accepts ${what}`, () => {
      expect(verify(BODY, headers, SECRET, { now: NOW })).to.deep.equal(PAYLOAD);
    });
  }

  it('accepts a body of bytes, and any of several secrets', () => {
    expect(verify(Buffer.from(BODY), HEADERS, [OTHER, SECRET], { now: NOW })).to.deep.equal(PAYLOAD);
  });

  it('accepts what the public library signs', () => {
    const now = new Date();
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new StandardWebhook(SECRET).sign('msg_1', now, BODY),
    };
    expect(verify(BODY, headers, SECRET)).to.deep.equal(PAYLOAD);
  });

  const refused: [string, string, WebhookHeaders, string?, number?][] = [
    ['no id', 'missing header', without('webhook-id')],
    ['no timestamp', 'missing header', without('webhook-timestamp')],
    ['no signature', 'missing header', without('webhook-signature')],
    ['an empty signature', 'missing header', { ...HEADERS, 'webhook-signature': '' }],
    ['no header at all', 'missing header', new Headers()],
    ['a timestamp of letters', 'bad timestamp', { ...HEADERS, 'webhook-timestamp': 'hello' }],
    ['a fractional timestamp', 'bad timestamp', { ...HEADERS, 'webhook-timestamp': '1614265330.5' }],
    ['a timestamp of 301 s ago', 'too old', HEADERS, BODY, NOW + 301_000],
    ['a timestamp of 301 s ahead', 'too new', HEADERS, BODY, NOW - 301_000],
    ['another id', 'no matching signature', { ...HEADERS, 'webhook-id': 'msg_2' }],
    ['another timestamp', 'no matching signature', { ...HEADERS, 'webhook-timestamp': '1614265331' }],
    ['another body', 'no matching signature', HEADERS, '{"test": 2432232315}'],
    ['a short signature', 'no matching signature', { ...HEADERS, 'webhook-signature': 'v1,g0hM9SsE' }],
    ['another version', 'no matching signature', { ...HEADERS, 'webhook-signature': 'v2,g0hM9SsE+OTPJTGt/tmI' }],
  ];
  for (const [what, code, headers, body = BODY, now = NOW] of refused) {
    it(`refuses ${what}: ${code}`, () => {
      const attempt = () => verify(body, headers, SECRET, { now });
      expect(attempt).to.throw(WebhookVerificationError).with.property('code', code);
    });
  }

  it('takes exactly the tolerance it is given', () => {
    const at = (now: number) => () => verify(BODY, HEADERS, SECRET, { toleranceSeconds: 10, now });
    expect(at(NOW + 10_000)).not.to.throw();
    expect(at(NOW - 10_000)).not.to.throw();
    expect(at(NOW + 11_000)).to.throw('too old');
    expect(at(NOW - 11_000)).to.throw('too new');
  });

  it('refuses another secret', () => {
    expect(() => verify(BODY, HEADERS, OTHER, { now: NOW })).to.throw(WebhookVerificationError);
  });

  it('tells a mistake of the receiver from a bad request, without the secret', () => {
    expect(() => verify(BODY, HEADERS, 'whsec_short', { now: NOW })).to.throw(/^a webhook secret must be whsec_ /);
    expect(() => verify(BODY, HEADERS, [], { now: NOW })).to.throw('at least one secret');
  });

  it('throws a SyntaxError for an authentic body that is not JSON', () => {
    const headers = signatureHeaders({ id: 'msg_1', body: 'hello', secrets: parseSecrets(SECRET), now: NOW });
    expect(() => verify('hello', { ...headers }, SECRET, { now: NOW })).to.throw(SyntaxError);
  });

  it('accepts every signed JSON text and refuses it with one byte changed', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.integer({ min: 1, max: 255 }), (body, position, flip) => {
        const headers = { ...signatureHeaders({ id: 'msg_1', body, secrets: parseSecrets(SECRET), now: NOW }) };
        expect(verify(body, headers, SECRET, { now: NOW })).to.deep.equal(JSON.parse(body));
        const changed = Buffer.from(body);
        const index = position % changed.length;
        changed.writeUInt8(changed.readUInt8(index) ^ flip, index);
        expect(() => verify(changed, headers, SECRET, { now: NOW })).to.throw('no matching signature');
      }),
    );
  });
});
