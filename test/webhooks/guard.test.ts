import { expect } from 'chai';
import { BLOCKED_HOSTS, REFUSED_URLS } from '../support/targets';
import { checkUrl, isAllowedAddress, parseAllowList } from '../../src/webhooks/guard';

const NONE = parseAllowList(undefined);
const REFUSED = { error: 'refused url' };
const BLOCKED = { error: 'blocked address' };

describe('checkUrl', () => {
  const accepted = [
    'http://example.com',
    'https://example.com:8443/hook?a=b#c',
    'http://localhost:3000/', // a name: judged where it resolves
    'http://localhost.',
    'http://8.8.8.8/',
    'http://134744072/', // 8.8.8.8
    'https://[2606:4700::1111]/',
    'http://[::ffff:8.8.8.8]/',
    'http://172.32.0.1/',
    'HTTPS://example.com/a@b:c?d=\\e&f=http://127.0.0.1/#\\',
  ];
  for (const url of accepted) {
    it(`accepts ${url}`, () => {
      expect(checkUrl(url, NONE)).to.equal(undefined);
    });
  }

  for (const url of REFUSED_URLS) {
    it(`refuses ${JSON.stringify(url)}`, () => {
      expect(checkUrl(url, parseAllowList('127.0.0.1,example.com'))).to.deep.equal(REFUSED);
    });
  }

  for (const [kind, hosts] of Object.entries(BLOCKED_HOSTS)) {
    it(`blocks ${kind}: ${hosts.join(' ')}`, () => {
      for (const host of hosts) expect(checkUrl(`http://${host}:8080/`, NONE), host).to.deep.equal(BLOCKED);
    });
  }

  it('lets through what the list allows, in every spelling', () => {
    const allow = parseAllowList('127.0.0.0/8, ::1');
    for (const host of ['127.0.0.1', '127.1', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '127.9.9.9.']) {
      expect(checkUrl(`http://${host}/`, allow), host).to.equal(undefined);
    }
    for (const host of ['10.0.0.1', '[::]', '[::2]', '[::127.0.0.1]', '0.0.0.0']) {
      expect(checkUrl(`http://${host}/`, allow), host).to.deep.equal(BLOCKED);
    }
  });
});

describe('isAllowedAddress', () => {
  it('judges the address, not the name', () => {
    expect(isAllowedAddress('93.184.216.34', 'example.com', NONE)).to.equal(true);
    expect(isAllowedAddress('127.0.0.1', 'localhost', NONE)).to.equal(false);
    expect(isAllowedAddress('fe80::1%eth0', 'example.com', NONE)).to.equal(false);
    expect(isAllowedAddress('::ffff:10.0.0.1', 'example.com', NONE)).to.equal(false);
  });

  it('lets an allowed host go anywhere, and only that host', () => {
    const allow = parseAllowList('Hooks.internal, bücher.example');
    expect(isAllowedAddress('10.0.0.1', 'hooks.internal', allow)).to.equal(true);
    expect(isAllowedAddress('10.0.0.1', 'HOOKS.INTERNAL.', allow)).to.equal(true);
    expect(isAllowedAddress('10.0.0.1', 'xn--bcher-kva.example', allow)).to.equal(true);
    expect(isAllowedAddress('10.0.0.1', 'a.hooks.internal', allow)).to.equal(false);
    expect(isAllowedAddress('10.0.0.1', 'other.internal', allow)).to.equal(false);
  });

  it('allows nothing that is no address', () => {
    const allow = parseAllowList('0.0.0.0/0, ::/0, localhost');
    for (const text of ['', 'localhost', '127.1', '1.2.3', '[::1]']) {
      expect(isAllowedAddress(text, 'localhost', allow), text).to.equal(false);
    }
  });
});

describe('parseAllowList', () => {
  it('has nothing in it for undefined, blank and commas', () => {
    for (const text of [undefined, '', ' , ,']) {
      const { ranges, hosts } = parseAllowList(text);
      expect(ranges.length + hosts.size).to.equal(0);
    }
  });

  const matches: [string, string, boolean][] = [
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', true], // public anyway
    ['10.1.2.3/8', '10.9.9.9', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['10.0.0.1/32', '10.0.0.1', true],
    ['0.0.0.0/0', '169.254.169.254', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '::1', true],
    ['::/0', '127.0.0.1', false],
    ['::/0', '::ffff:127.0.0.1', false],
    ['[fd00::]/8', 'fd12::1', true],
    ['[::1]', '::1', true],
    ['::ffff:10.0.0.0/104', '10.1.1.1', true],
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['64:ff9b::/96', '64:ff9b::a00:1', true],
  ];
  for (const [entry, address, expected] of matches) {
    it(`${entry} ${expected ? 'allows' : 'does not allow'} ${address}`, () => {
      expect(isAllowedAddress(address, address, parseAllowList(entry))).to.equal(expected);
    });
  }

  const bad = ['10.0.0.0/33', '::1/129', '10.0.0.0/', '10.0.0/8', '127.1', '0x7f.1', 'localhost:3000', '*.example.com'];
  bad.push(
    'http://example.com',
    'user@example.com',
    'example.com/8',
    'a b',
    '1.2.3.4.5',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
  );
  for (const entry of bad) {
    it(`refuses "${entry}", naming it`, () => {
      expect(() => parseAllowList(`::1,${entry},localhost`)).to.throw(`"${entry}" is neither`);
    });
  }
});
