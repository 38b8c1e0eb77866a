/** A real name server on this machine that answers what a test likes, and a resolver that asks only it. */
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { decode, encode, AUTHORITATIVE_ANSWER, type Packet } from 'dns-packet';
import type { ResolvedAddress } from '../../src/webhooks/lookups';

/** Addresses of both families, or what it says instead of them. */
export type NameAnswer = readonly string[] | 'not found' | 'failure' | 'silence';

const CODES = { 'not found': 3, failure: 2 } as const;

export class NameServer {
  private readonly resolver = new Resolver({ tries: 1, timeout: 2_000 });
  private lookups = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly answer: (lookup: number) => NameAnswer,
  ) {
    this.resolver.setServers([`127.0.0.1:${String(socket.address().port)}`]);
    socket.on('message', (message, { port, address }) => {
      const reply = this.reply(decode(message));
      if (reply !== undefined) socket.send(encode(reply), port, address);
    });
  }

  /** @param answer to each look-up of whatever name, counted from 1 */
  static async start(answer: (lookup: number) => NameAnswer): Promise<NameServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new NameServer(socket, answer);
  }

  /** How often an address was asked for. */
  get count(): number {
    return this.lookups;
  }

  /** For a sender: asks for both families, IPv6 first, as a system's resolver does. */
  readonly lookup = async (hostname: string): Promise<ResolvedAddress[]> => {
    this.lookups++;
    const [six, four] = await Promise.allSettled([this.resolver.resolve6(hostname), this.resolver.resolve4(hostname)]);
    const found = [six, four].flatMap((part, index) =>
      part.status === 'fulfilled' ? part.value.map((address) => ({ address, family: index === 0 ? 6 : 4 })) : [],
    );
    if (found.length === 0 && four.status === 'rejected') throw four.reason;
    return found;
  };

  async close(): Promise<void> {
    this.resolver.cancel();
    await new Promise<void>((resolve) => {
      this.socket.close(resolve);
    });
  }

  private reply({ id = 0, questions = [] }: Packet): Packet | undefined {
    const [question] = questions;
    const given = this.answer(this.lookups);
    if (question === undefined || given === 'silence') return undefined;
    const code = typeof given === 'string' ? CODES[given] : 0;
    const { name, type } = question;
    const addresses = typeof given === 'string' ? [] : given.filter((one) => isIPv6(one) === (type === 'AAAA'));
    return {
      type: 'response',
      id,
      flags: AUTHORITATIVE_ANSWER | code,
      questions,
      // Of no life, so that nothing between keeps it.
      answers: addresses.map((data) => ({ name, type: type === 'AAAA' ? 'AAAA' : 'A', ttl: 0, data })),
    };
  }
}
