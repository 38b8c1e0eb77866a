/** Encrypts what is at rest by AES-256-GCM, with an id of the key, so that keys can be rotated (contract §9, `SECRET_KEY`). */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const VERSION = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface Sealer {
  /** Whether there is a key to encrypt with. */
  readonly canSeal: boolean;
  /** Whether a text was sealed with the key that would be taken now. */
  isCurrent(sealed: string): boolean;
  /**
   * @param bound what the text belongs to: it can be opened together with the same only
   * @throws Error without a key
   */
  seal(text: string, bound: readonly string[]): string;
  /** @throws Error where no key fits, or anything was changed; it says nothing of the text */
  open(sealed: string, bound: readonly string[]): string;
}

/** @param keys the first encrypts, each of them decrypts */
export function createSealer(keys: readonly KeyObject[]): Sealer {
  const derived = keys.map(derive);
  const [first] = derived;
  return {
    canSeal: first !== undefined,
    isCurrent: (sealed) => first !== undefined && sealed.split('.')[1] === first.id,
    seal(text, bound) {
      if (first === undefined) throw new Error('there is no key to encrypt with');
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, first.key, iv).setAAD(aad(first.id, bound));
      const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return [
        VERSION,
        first.id,
        iv.toString('base64url'),
        Buffer.concat([bytes, cipher.getAuthTag()]).toString('base64url'),
      ].join('.');
    },
    open(sealed, bound) {
      const [version, id = '', iv = '', body = ''] = sealed.split('.');
      const found = version === VERSION ? derived.find((candidate) => candidate.id === id) : undefined;
      if (found === undefined) throw new Error('it was encrypted with a key that SECRET_KEY does not have');
      const bytes = Buffer.from(body, 'base64url');
      const decipher = createDecipheriv(CIPHER, found.key, Buffer.from(iv, 'base64url'), { authTagLength: TAG_BYTES });
      decipher.setAAD(aad(id, bound)).setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
    },
  };
}

/** One key of its own for each purpose: `SECRET_KEY` signs other things besides. The id tells nothing of the key. */
function derive(key: KeyObject): { id: string; key: Buffer } {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'temporal-pipelines endpoints', 32));
  return { id: createHash('sha256').update('key id\n').update(own).digest('hex').slice(0, 16), key: own };
}

function aad(id: string, bound: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify([VERSION, id, ...bound]));
}
