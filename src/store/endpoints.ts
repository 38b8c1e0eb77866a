/** Endpoints between what was given and what is kept: their secret parts are sealed, and never leave but to a sender. */
import { createHash, X509Certificate } from 'node:crypto';
import type { Endpoint, KeptParts, SecretPart, StoredEndpoint } from '../domain/endpoint';
import { invalid, PipelineError } from '../domain/errors';
import type { Sealer } from './seal';
import type { Definitions } from './store';

const PARTS = ['secrets', 'headers', 'clientCertificate'] as const satisfies readonly SecretPart[];

/**
 * @param endpoint as `checkEndpoint` answers it
 * @throws PipelineError `InvalidPipeline` where it has secret parts and there is no key
 */
export function sealEndpoint(endpoint: Endpoint, sealer: Sealer): StoredEndpoint {
  const { secrets, headers, clientCertificate, ...open } = endpoint;
  const given = PARTS.filter((part) => Object.keys(endpoint[part] ?? {}).length > 0);
  if (given.length > 0 && !sealer.canSeal) {
    throw invalid(
      `data.${String(given[0])} can only be stored encrypted: set SECRET_KEY to the base64 of 32 random bytes`,
    );
  }
  const sealed = given.map((part) => [part, sealer.seal(JSON.stringify(endpoint[part]), boundTo(open, part))]);
  const kept: KeptParts = {
    ...(secrets !== undefined && { secrets: secrets.map(fingerprint) }),
    ...(headers !== undefined && { headers: Object.keys(headers) }),
    ...(clientCertificate !== undefined && { clientCertificate: describe(clientCertificate.cert) }),
  };
  return { ...open, sealed: Object.fromEntries(sealed) as StoredEndpoint['sealed'], kept };
}

/** @throws Error that names the endpoint where a part can not be opened; never with a part of it */
export function openEndpoint({ sealed, kept: _, ...open }: StoredEndpoint, sealer: Sealer): Endpoint {
  const parts = Object.entries(sealed).map(([part, text]) => {
    try {
      return [part, JSON.parse(sealer.open(text, boundTo(open, part))) as unknown] as const;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${part} of the endpoint ${open.name} can not be decrypted: ${reason}`, { cause: error });
    }
  });
  return { ...open, ...Object.fromEntries(parts) };
}

/**
 * What a changed endpoint is: the secret parts that were left out stay.
 *
 * @throws PipelineError `InvalidPipeline` where they would go to another server than the one that they were given for:
 * whoever may change an endpoint would be shown them there
 */
export function replaceEndpoint(current: StoredEndpoint, given: StoredEndpoint): StoredEndpoint {
  const left = PARTS.filter((part) => current.sealed[part] !== undefined && given.kept[part] === undefined);
  if (left.length > 0 && originOf(current.url) !== originOf(given.url)) {
    throw invalid(`data.url is of another server: give ${left.join(', ')} again`);
  }
  const staying = Object.fromEntries(left.map((part) => [part, current.sealed[part]])) as StoredEndpoint['sealed'];
  return { ...given, sealed: { ...staying, ...given.sealed }, kept: { ...current.kept, ...given.kept } };
}

/**
 * Seals with the first key what was sealed with another one, so that the old key can be dropped after it. What can not be
 * opened stays as it is.
 *
 * @returns the names of those that can not be opened
 * @throws PipelineError `Unavailable` where the database does not answer
 */
export async function resealAll(endpoints: Definitions<StoredEndpoint>, sealer: Sealer): Promise<string[]> {
  const failed: string[] = [];
  for (const { definition } of await endpoints.list()) {
    if (Object.values(definition.sealed).every((sealed) => sealer.isCurrent(sealed))) continue;
    try {
      const sealed = sealedAnew(definition, sealer);
      await endpoints.update(definition.name, (current) =>
        // Somebody else was first: that is as new as it can be.
        JSON.stringify(current) === JSON.stringify(definition) ? { ...definition, sealed } : current,
      );
    } catch (error) {
      if (error instanceof PipelineError && error.code !== 'NotFound') throw error;
      if (!(error instanceof PipelineError)) failed.push(definition.name);
    }
  }
  return failed;
}

function sealedAnew(stored: StoredEndpoint, sealer: Sealer): StoredEndpoint['sealed'] {
  return sealEndpoint(openEndpoint(stored, sealer), sealer).sealed;
}

/** What is sealed opens in its own place only, and for its own server only. */
function boundTo({ name, url }: Pick<Endpoint, 'name' | 'url'>, part: string): string[] {
  return [name, originOf(url), part];
}

function originOf(url: string): string {
  return new URL(url).origin;
}

/** A secret has at least 24 random bytes, so that nobody finds it by this. */
function fingerprint(secret: string): string {
  return `sha256:${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`;
}

function describe(pem: string): NonNullable<KeptParts['clientCertificate']> {
  const { fingerprint256, validTo } = new X509Certificate(pem);
  return { fingerprint: fingerprint256, validTo: new Date(validTo).toISOString() };
}
