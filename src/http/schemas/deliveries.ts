/** What is asked for and answered about deliveries (contract §8). */
import { Type } from '@sinclair/typebox';
import type { AttemptError } from '../../domain/delivery';
import type { DeliveryState } from '../../domain/delivery-record';
import { CLOSED, jobId, oneOf, timestamp, webhookUrl } from './parts';
import { time } from './requests';

const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const satisfies readonly DeliveryState[];

const ERRORS = [
  'timeout',
  'connect',
  'dns',
  'tls',
  'reset',
  'protocol',
  'redirect',
  'status',
  'blocked address',
  'refused url',
  'endpoint',
  'lost',
  'unknown',
] as const satisfies readonly AttemptError[];

const kind = oneOf('progress', 'result');
const id = Type.String({ minLength: 1, maxLength: 255, description: 'the `webhook-id` of the event' });
const statusCode = Type.Optional(Type.Integer());
const error = Type.Optional(Type.Unsafe<AttemptError>({ enum: ERRORS, description: 'absent where it was delivered' }));
const durationMs = Type.Integer({ minimum: 0 });

const attempt = Type.Object(
  {
    attempt: Type.Integer({ minimum: 1, description: 'as in `x-pipeline-attempt`' }),
    trigger: oneOf('auto', 'manual'),
    startedAt: timestamp,
    durationMs,
    statusCode,
    error,
    responseBody: Type.Optional(Type.String({ description: 'the first 1 KiB of the answer' })),
  },
  { ...CLOSED, title: 'Attempt' },
);

export const delivery = Type.Object(
  {
    id,
    jobId,
    kind,
    url: Type.String(),
    state: oneOf(...DELIVERY_STATES),
    reason: Type.Optional(Type.String({ description: 'why it is dead' })),
    sequence: Type.Integer({ minimum: 0, description: 'as in `x-pipeline-sequence`' }),
    createdAt: timestamp,
    nextAttemptAt: Type.Optional(timestamp),
    attempts: Type.Array(attempt),
  },
  { ...CLOSED, title: 'Delivery' },
);

export const deliveryPage = Type.Object(
  {
    hits: Type.Array(delivery, { description: 'those waiting first, then by end, newest first' }),
    cursor: Type.Optional(Type.String({ description: 'asks for what follows; absent where nothing does' })),
  },
  { ...CLOSED, title: 'Deliveries' },
);

export const deliveryParams = Type.Object({ id });

/** One or several, with commas between. */
const state = Type.String({
  pattern: '^(pending|delivered|dead)(,(pending|delivered|dead)){0,2}$',
  'x-message': `data.state should be one of the allowed values (${DELIVERY_STATES.join(',')}), or several with commas between`,
});

/** At most what visibility takes as a keyword. */
const ofJob = Type.String({ minLength: 1, maxLength: 255, description: jobId.description ?? '' });
const isoTime = Type.String({ format: 'date-time', description: 'of its creation, ISO 8601' });

export const deliveryQuery = Type.Object({
  jobId: Type.Optional(ofJob),
  state: Type.Optional(state),
  url: Type.Optional(webhookUrl),
  from: Type.Optional(isoTime),
  to: Type.Optional(isoTime),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000, description: 'of the page before' })),
});

/** Either an id, or criteria that must all match; one of them must be given. */
export const redelivery = Type.Object(
  {
    id: Type.Optional(id),
    jobId: Type.Optional(ofJob),
    url: Type.Optional(webhookUrl),
    state: Type.Optional(state),
    from: Type.Optional(time),
    to: Type.Optional(time),
  },
  { ...CLOSED, title: 'Redelivery', examples: [{ state: 'dead', from: '2026-01-01T00:00:00.000Z' }] },
);

export const redelivering = Type.Object(
  { redelivering: Type.Integer({ minimum: 0, description: 'how many were asked to try again' }) },
  { ...CLOSED, title: 'Redelivering' },
);

export const testSend = Type.Object(
  { url: webhookUrl, kind },
  { ...CLOSED, title: 'TestSend', examples: [{ url: 'https://receiver.example/hook', kind: 'result' }] },
);

export const testOutcome = Type.Object({ statusCode, error, durationMs }, { ...CLOSED, title: 'TestOutcome' });
