/** Certificates as PEM texts: checked before they are used, since Node passes over what is none. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { ClientCertificate, Endpoint } from '../domain/endpoint';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;

/**
 * @returns each certificate of a PEM text
 * @throws Error with the rule where there is none, or anything else is in it; never with a part of the text
 */
export function parseCertificates(pem: string): string[] {
  const blocks = [...pem.matchAll(BLOCK)].map(([text, label]) => ({ text, label }));
  const isComplete = blocks.length === (pem.match(/-----BEGIN /g) ?? []).length;
  if (blocks.length === 0 || !isComplete || blocks.some(({ label }) => label !== 'CERTIFICATE')) {
    throw new Error('must be one or more certificates in PEM, and nothing else');
  }
  return blocks.map(({ text }, index) => {
    try {
      new X509Certificate(text);
      return text;
    } catch {
      throw new Error(`certificate ${String(index + 1)} can not be read`);
    }
  });
}

/** @throws Error that names the file and what is wrong with it */
export function readCertificates(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new Error(`cannot read ${file} (${code})`, { cause: error });
  }
  try {
    return parseCertificates(text);
  } catch (error) {
    throw new Error(`${file} ${(error as Error).message}`, { cause: error });
  }
}

/** @throws Error with the rule; never with a part of the texts */
export function checkClientCertificate({ cert, key }: ClientCertificate): void {
  const [first = ''] = parseCertificates(cert);
  let fits: boolean;
  try {
    fits = new X509Certificate(first).checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new Error('key must be a private key in PEM that is not encrypted');
  }
  if (!fits) throw new Error('key is not that of the certificate');
}

/** What endpoints are connected to with, made once for each set of certificates: Node needs some milliseconds for one. */
export class TrustStore {
  private readonly made = new Map<string, SecureContext>();

  /** @param ca PEM texts of authorities besides those that Node ships */
  constructor(private readonly ca: readonly string[]) {
    ca.forEach(parseCertificates);
  }

  for({ ca, clientCertificate }: Pick<Endpoint, 'ca' | 'clientCertificate'> = {}): SecureContext {
    const own = [ca ?? '', clientCertificate?.cert ?? '', clientCertificate?.key ?? ''];
    const id = createHash('sha256').update(JSON.stringify(own)).digest('hex');
    const found = this.made.get(id) ?? this.make(ca, clientCertificate);
    // The one that is used last is the last to go.
    this.made.delete(id);
    this.made.set(id, found);
    const [oldest] = this.made.keys();
    if (this.made.size > MOST_CONTEXTS && oldest !== undefined) this.made.delete(oldest);
    return found;
  }

  private make(ca: string | undefined, clientCertificate: ClientCertificate | undefined): SecureContext {
    const authorities = [...this.ca, ...(ca === undefined ? [] : [ca])];
    return createSecureContext({
      ...(authorities.length > 0 && { ca: [...rootCertificates, ...authorities] }),
      ...clientCertificate,
    });
  }
}

const MOST_CONTEXTS = 100;
