import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { digest, parseSecrets, signatureHeaders } from '../../src/webhooks/sign';

/** The vector that the Standard Webhooks libraries publish. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

const whsec = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

describe('parseSecrets', () => {
  it('reads a comma-separated list and passes over blank entries', () => {
    expect(parseSecrets(`${SECRET}, ${whsec(64)},`)).to.have.length(2);
    expect(parseSecrets('')).to.deep.equal([]);
    expect(parseSecrets(whsec(24))).to.have.length(1);
  });

  const bad: [string, string][] = [
    ['23 bytes', whsec(23)],
    ['65 bytes', whsec(65)],
    ['no prefix', SECRET.slice('whsec_'.length)],
    ['another prefix', SECRET.replace('whsec', 'whpk')],
    ['an empty key', 'whsec_'],
    ['base64url', `whsec_${Buffer.alloc(24, 0xfb).toString('base64url')}`],
    ['no padding', whsec(25).replace(/=+$/, '')],
    ['something after the key', `${SECRET}!`],
  ];
  for (const [what, text] of bad) {
    it(`refuses ${what}, naming the entry and the rule but not the secret`, () => {
      const parse = () => parseSecrets(`${SECRET},${text}`);
      expect(parse).to.throw(/^entry 2 must be whsec_ followed by the base64 of 24 to 64 bytes$/);
    });
  }

  it('answers secrets that do not show themselves', () => {
    const secrets = parseSecrets(SECRET);
    const shown = JSON.stringify({ secrets }) + inspect(secrets, { depth: null, showHidden: true });
    expect(shown).not.to.contain(SECRET.slice('whsec_'.length));
    expect(shown).not.to.contain(Buffer.from(SECRET.slice('whsec_'.length), 'base64').toString('hex').slice(0, 8));
    expect(shown).not.to.match(/Buffer|data/);
  });
});

describe('signatureHeaders', () => {
  const sign = (secrets: string, body: string | Buffer = BODY, now = Date.now()) => ({
    ...signatureHeaders({ id: ID, body, secrets: parseSecrets(secrets), now }),
  });

  it('gives the published signature', () => {
    expect(sign(SECRET, BODY, 1_614_265_330_999)).to.deep.equal({
      'webhook-id': ID,
      'webhook-timestamp': '1614265330',
      'webhook-signature': SIGNATURE,
    });
  });

  it("computes the signature of Svix's documentation, whose key is shorter than ours may be", () => {
    const secret = createSecretKey('plJ3nmyCDGBKInavdOK15jsl', 'base64');
    const body = '{"event_type":"ping","data":{"success":true}}';
    const signature = digest(secret, 'msg_loFOjxBNrRLzqYUf', '1731705121', body);
    expect(signature.toString('base64')).to.equal('rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=');
  });

  it('has no signature without secrets', () => {
    expect(sign('', BODY, 1_614_265_330_000)).to.have.all.keys('webhook-id', 'webhook-timestamp');
  });

  it('signs the UTF-8 bytes of a string', () => {
    const text = '{"name":"Zoë 🚀"}';
    expect(sign(SECRET, text, 0)).to.deep.equal(sign(SECRET, Buffer.from(text), 0));
  });

  it('is accepted by the public receivers standardwebhooks and svix', () => {
    const headers = sign(SECRET);
    expect(new StandardWebhook(SECRET).verify(BODY, headers)).to.deep.equal({ test: 2_432_232_314 });
    expect(new SvixWebhook(SECRET).verify(BODY, headers)).to.deep.equal({ test: 2_432_232_314 });
  });

  it('is accepted with the old and with the new secret while both sign', () => {
    const headers = sign(`${SECRET},${whsec(32)}`);
    expect(headers['webhook-signature']?.split(' ')).to.have.length(2);
    for (const secret of [SECRET, whsec(32)]) {
      expect(new StandardWebhook(secret).verify(BODY, headers)).to.deep.equal({ test: 2_432_232_314 });
      expect(new SvixWebhook(secret).verify(BODY, headers)).to.deep.equal({ test: 2_432_232_314 });
    }
    expect(() => new StandardWebhook(whsec(40)).verify(BODY, headers)).to.throw('No matching signature');
  });
});
