/** A certificate authority of the tests' own. Its key is made anew in each process, and so nothing expires. */
import { generateKeyPairSync } from 'node:crypto';
import { isIP } from 'node:net';
import { pki, md } from 'node-forge';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface Subject {
  /** Names and addresses that it is for. @default localhost and 127.0.0.1 */
  readonly names?: readonly string[];
  /** From and until when it is valid, in days from now. @default yesterday, and in a month */
  readonly days?: readonly [from: number, to: number];
}

const DAY_MS = 86_400_000;
const SAN_NAME = 2;
const SAN_ADDRESS = 7;

export class Authority {
  private constructor(
    private readonly keys: pki.rsa.KeyPair,
    private readonly key: string,
    private readonly name: string,
    /** Its own certificate as PEM: who trusts it trusts all that it issues. */
    readonly cert: string,
  ) {}

  static create(name: string): Authority {
    // Node makes it in a tenth of a second; in JavaScript it would take many.
    const key = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const keys = {
      publicKey: pki.publicKeyFromPem(key.publicKey),
      privateKey: pki.privateKeyFromPem(key.privateKey),
    };
    const extensions = [{ name: 'basicConstraints', cA: true, critical: true }];
    return new Authority(keys, key.privateKey, name, make(keys, { issuer: name, subject: name, extensions }));
  }

  issue({ names = ['localhost', '127.0.0.1'], days }: Subject = {}): Certificate {
    const altNames = names.map((name) =>
      isIP(name) === 0 ? { type: SAN_NAME, value: name } : { type: SAN_ADDRESS, ip: name },
    );
    const extensions = [{ name: 'subjectAltName', altNames }];
    const cert = make(this.keys, { issuer: this.name, subject: names[0] ?? '', extensions, ...(days && { days }) });
    return { cert, key: this.key };
  }
}

interface Making {
  readonly issuer: string;
  readonly subject: string;
  readonly extensions: object[];
  readonly days?: readonly [from: number, to: number];
}

let serial = 1;

function make(keys: pki.rsa.KeyPair, { issuer, subject, extensions, days = [-1, 30] }: Making): string {
  const certificate = pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = (serial++).toString(16).padStart(2, '0');
  certificate.validity.notBefore = new Date(Date.now() + days[0] * DAY_MS);
  certificate.validity.notAfter = new Date(Date.now() + days[1] * DAY_MS);
  certificate.setSubject([{ name: 'commonName', value: subject }]);
  certificate.setIssuer([{ name: 'commonName', value: issuer }]);
  certificate.setExtensions(extensions);
  certificate.sign(keys.privateKey, md.sha256.create());
  return pki.certificateToPem(certificate);
}
