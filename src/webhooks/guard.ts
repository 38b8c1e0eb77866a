/**
 * The guard against server-side request forgery (contract §7): which URLs and addresses a webhook may go to.
 * Default deny: only public unicast, unless an allow-list says more. `connector.ts` holds it at the socket.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [network: Address, bits: number];

/** What the guard lets through beyond the public internet. */
export interface AllowList {
  readonly ranges: readonly Range[];
  /** Lower case, punycode, no trailing dot. Such a host is let through whatever it resolves to. */
  readonly hosts: ReadonlySet<string>;
}

export interface Refusal {
  readonly error: 'refused url' | 'blocked address';
}

/**
 * Reads a comma-separated list of CIDRs, addresses and host names (`WEBHOOK_ALLOW`, `ALGORITHM_ALLOW`, contract §9).
 * Undefined or blank text means that only public addresses are allowed. There are no wildcards and no ports.
 *
 * @throws Error naming the bad entry
 */
export function parseAllowList(text: string | undefined): AllowList {
  const ranges: Range[] = [];
  const hosts = new Set<string>();
  for (const part of (text ?? '').split(',')) {
    const entry = part.trim();
    if (entry === '') continue;
    const range = parseRange(entry);
    const host = range === undefined ? parseHost(entry) : undefined;
    if (range !== undefined) ranges.push(range);
    else if (host !== undefined) hosts.add(host);
    else throw new Error(`"${entry}" is neither a CIDR, an IP address nor a host name`);
  }
  return { ranges, hosts };
}

/**
 * Where a host begins and ends must be plain: backslashes, control characters and a user are read differently by
 * different parsers, and a target that another one would see is none of ours. A query may hold what it likes.
 */
const PLAIN_URL = /^https?:\/\/[^\\/?#@\p{Cc}]+(?:\/[^\\?#\p{Cc}]*)?(?:[?#]\P{Cc}*)?$/iu;

/**
 * Judges a URL before any request: at submission, at a test send and at each attempt.
 * Only literal addresses are judged; what a name resolves to (`localhost` too) is judged when it is connected to.
 */
export function checkUrl(url: string, allow: AllowList): Refusal | undefined {
  // WHATWG parsing also turns 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 into 127.0.0.1.
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !PLAIN_URL.test(url)) return { error: 'refused url' };
  const literal = unbracketed(parsed.hostname);
  if (isIP(literal) !== 0 && !isAllowedAddress(literal, literal, allow)) return { error: 'blocked address' };
  return undefined;
}

/**
 * Whether a connection to `address` may be made for a URL with this `hostname`.
 *
 * @param address an IPv4 or IPv6 address; anything else is not allowed
 */
export function isAllowedAddress(address: string, hostname: string, allow: AllowList): boolean {
  if (isIP(address) === 0) return false;
  if (allow.hosts.has(canonicalHost(hostname))) return true;
  // An IPv4-mapped address reaches the IPv4 one, so it is judged as that.
  const parsed = ipaddr.process(address);
  return isPublicUnicast(parsed) || allow.ranges.some((range) => contains(range, parsed));
}

/** `[::1]` as a URL has it, as `::1`. */
export function unbracketed(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Global unicast is 2000::/3; the rest of IPv6 is special, unassigned or (like `::127.0.0.1`) another spelling. */
const GLOBAL_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** A public address that is none: on machines of Azure it is the platform's own service, with their secrets. */
const AZURE_PLATFORM = ipaddr.IPv4.parse('168.63.129.16');

/** 6to4, Teredo and NAT64 carry an IPv4 address that a gateway would open: they have ranges of their own and fail. */
function isPublicUnicast(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  if (address.kind() === 'ipv4') return !contains([AZURE_PLATFORM, 32], address);
  return contains(GLOBAL_IPV6, address);
}

function contains([network, bits]: Range, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}

function parseRange(entry: string): Range | undefined {
  const [, text = '', bitsText] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const literal = unbracketed(text);
  if (isIP(literal) === 0) return undefined;
  const network = ipaddr.parse(literal);
  const width = network.kind() === 'ipv4' ? 32 : 128;
  const bits = bitsText === undefined ? width : Number(bitsText);
  if (bits > width) return undefined;
  // As isAllowedAddress does with addresses: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const unmapped = ipaddr.process(literal);
  return unmapped.kind() !== network.kind() && bits >= 96 ? [unmapped, bits - 96] : [network, bits];
}

function parseHost(entry: string): string | undefined {
  if (!/^[^\s/?#@:[\]%*\\]+$/.test(entry) || !URL.canParse(`http://${entry}`)) return undefined;
  const { hostname } = new URL(`http://${entry}`);
  // "127.1" and the like: an address that does not look like one is better written out.
  return isIP(hostname) === 0 ? canonicalHost(hostname) : undefined;
}

function canonicalHost(hostname: string): string {
  return hostname.toLowerCase().replace(/\.$/, '');
}
