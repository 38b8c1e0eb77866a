/** The addresses of results that are too large for a webhook (contract §5). A signature is their pass: receivers have no token. */
import { createHmac, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { Context } from 'koa';

/** As the routes have it; `{ref}` stays for the job to fill in. */
const PATH = /^\/api\/v1\/exec\/results\/([^/]+)\/data\/[^/]+$/;

export interface ResultUrls {
  /**
   * @param jobId of a job that is about to start
   * @returns the `dataUrl` of its settings. It is good for the job's results alone, for as long as Temporal retains them
   */
  templateFor(jobId: string): string;
  /** Whether a request is for such an address, and signed by us. */
  isSigned(ctx: Context): boolean;
}

/**
 * @param publicUrl how receivers reach the facade
 * @param keys the first signs, each is known; without any nothing is signed, and the token is asked for as elsewhere
 */
export function createResultUrls(publicUrl: string, keys: readonly KeyObject[]): ResultUrls {
  // A key of their own: the same must not both encrypt and sign.
  const signing = keys.map((key) => Buffer.from(hkdfSync('sha256', key, '', 'result urls', 32)));
  const signatures = (jobId: string): Buffer[] =>
    signing.map((key) => createHmac('sha256', key).update(`results of ${jobId}`).digest());
  return {
    templateFor(jobId) {
      const [signature] = signatures(jobId);
      const query = signature === undefined ? '' : `?signature=${signature.toString('base64url')}`;
      return `${publicUrl}/api/v1/exec/results/${encodeURIComponent(jobId)}/data/{ref}${query}`;
    },
    isSigned({ method, path, query: { signature } }) {
      const jobId = decoded(PATH.exec(path)?.[1]);
      if ((method !== 'GET' && method !== 'HEAD') || jobId === undefined || typeof signature !== 'string') return false;
      const given = Buffer.from(signature, 'base64url');
      return signatures(jobId).some((expected) => expected.length === given.length && timingSafeEqual(expected, given));
    },
  };
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
