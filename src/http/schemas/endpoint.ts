/** An endpoint as it is posted, and what is shown of it (contract §8, `store/endpoints`). */
import { Type } from '@sinclair/typebox';
import { CLOSED, webhookUrl } from './parts';

const name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[-_.A-Za-z0-9]+$',
  'x-message': 'endpoint name must contain only alphanumeric, dash, dot or underscore',
});

const url = Type.String({
  ...webhookUrl,
  maxLength: 2_000,
  description:
    'the prefix of the webhooks that it is for: the same scheme, host and port, and a path that is this one or goes on ' +
    'behind it at a `/`; without a query, and that of a webhook is not looked at. Of several the longest counts',
});

const rateLimit = Type.Number({
  exclusiveMinimum: 0,
  description: 'requests a second of each worker; may be less than 1',
});
const ca = Type.String({ maxLength: 65_536, description: 'PEM certificates that are trusted besides the usual ones' });
const pem = Type.String({ minLength: 1, maxLength: 65_536 });

export const endpoint = Type.Object(
  {
    name,
    url,
    secrets: Type.Optional(
      Type.Array(Type.String({ maxLength: 100 }), {
        maxItems: 10,
        description: '`whsec_…` of 24 to 64 bytes: each signs, instead of `WEBHOOK_SECRETS`; an empty list clears them',
      }),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        maxProperties: 20,
        description: 'sent besides our own, such as `authorization`; an empty object clears them',
      }),
    ),
    rateLimit: Type.Optional(rateLimit),
    ca: Type.Optional(ca),
    clientCertificate: Type.Optional(
      Type.Object({ cert: pem, key: pem }, { ...CLOSED, description: 'PEM; the key is not encrypted' }),
    ),
  },
  {
    ...CLOSED,
    title: 'Endpoint',
    description:
      'Secrets, headers and the client certificate are stored encrypted and never shown again. A PUT that leaves one of ' +
      'them out keeps it, unless the url is then of another server; a POST with `overwrite` does not. All else is replaced.',
    examples: [
      { name: 'billing', url: 'https://billing.example/hooks', headers: { authorization: 'Bearer …' }, rateLimit: 10 },
    ],
  },
);

/** What an answer adds in place of the secret parts, which a caller may send back. */
const kept = Type.Object(
  {
    secrets: Type.Optional(Type.Array(Type.String(), { description: 'the start of the SHA-256 of each' })),
    headers: Type.Optional(Type.Array(Type.String(), { description: 'their names' })),
    clientCertificate: Type.Optional(
      Type.Object({ fingerprint: Type.String({ description: 'SHA-256' }), validTo: Type.String() }, CLOSED),
    ),
  },
  { ...CLOSED, description: 'what is told of the parts that are not shown' },
);

export const endpointParts = { name, url, rateLimit: Type.Optional(rateLimit), ca: Type.Optional(ca), kept };
