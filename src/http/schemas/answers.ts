/** What the routes answer besides the bodies of the webhooks. */
import { Type, type TObject, type TSchema } from '@sinclair/typebox';
import { CLOSED, epochMs, jobId, timestamp } from './parts';
import { jobStatus } from './bodies';
import { endpointParts } from './endpoint';
import { pipeline } from './pipeline';

export const errorBody = Type.Object(
  {
    error: Type.Object(
      {
        code: Type.Integer({ description: 'the status of the answer' }),
        message: Type.String(),
        details: Type.Optional(
          Type.Array(Type.String(), { description: 'where a list helps, as the nodes of a cycle' }),
        ),
      },
      CLOSED,
    ),
  },
  { ...CLOSED, title: 'Error' },
);

/** In place of an entry of a list that was posted. */
export const entryError = Type.Object(
  {
    error: Type.Object({ name: Type.Optional(Type.String()), code: Type.Integer(), message: Type.String() }, CLOSED),
  },
  { ...CLOSED, title: 'EntryError' },
);

export const started = Type.Object({ jobId }, { ...CLOSED, title: 'Started' });
export const message = Type.Object({ message: Type.String() }, { ...CLOSED, title: 'Message' });
export const stopped = Type.Object({ stoppedJobIds: Type.Array(jobId) }, { ...CLOSED, title: 'Stopped' });

/** Of a stored definition, behind its own keys. */
const times = { modified: epochMs, created: epochMs };
const known = {
  version: Type.String({ description: 'the id of its current version' }),
  ...times,
  auditTrail: Type.Array(Type.Object({ user: Type.String(), timestamp: epochMs, version: Type.String() }, CLOSED), {
    description: 'who made which version the current one; the newest first, the last hundred',
  }),
};

export const startedPipeline = Type.Object(
  { ...pipeline.properties, jobId, startTime: epochMs, types: Type.Array(Type.String()) },
  { additionalProperties: true, title: 'StartedPipeline' },
);

export const storedPipeline = Type.Object(
  { ...pipeline.properties, ...known },
  { additionalProperties: true, title: 'StoredPipeline' },
);

export const storedAlgorithm = Type.Object(
  { name: Type.String(), ...known },
  { additionalProperties: true, title: 'StoredAlgorithm', description: 'what was stored, and its version' },
);

/** What became of an algorithm. */
export const appliedAlgorithm = Type.Object(
  { algorithm: storedAlgorithm, messages: Type.Array(Type.String()) },
  { ...CLOSED, title: 'AppliedAlgorithm' },
);

export const filteredAlgorithms = Type.Object(
  {
    hits: Type.Array(
      Type.Unsafe<object>({ type: 'object', description: 'algorithms, with the fields that were asked for' }),
    ),
    cursor: Type.Optional(Type.String({ description: 'where there are more' })),
    timeTook: Type.String(),
  },
  { ...CLOSED, title: 'FilteredAlgorithms' },
);

export const storedEndpoint = Type.Object(
  { ...endpointParts, version: Type.String({ description: 'counts the changes, from 1' }), ...times },
  { ...CLOSED, title: 'StoredEndpoint', description: 'what was stored, without its secrets' },
);

const webhookOutcome = {
  jobId,
  url: Type.String(),
  pipelineStatus: jobStatus,
  status: Type.Literal('completed', { description: 'of the attempt' }),
  responseStatus: Type.Union([Type.Literal('succeed'), Type.Literal('failed')]),
  httpResponse: Type.Object(
    {
      statusCode: Type.Union([Type.Integer(), Type.String()], { description: 'or the class of the error' }),
      statusMessage: Type.String(),
    },
    CLOSED,
  ),
};

export const webhookStatus = Type.Object({ ...webhookOutcome, timestamp }, { ...CLOSED, title: 'WebhookStatus' });
export const webhookList = listOf(webhookStatus);

/** The same in HKube's dialect. */
export const hkubeWebhookStatus = Type.Object(
  { ...webhookOutcome, timestamp: epochMs },
  { ...CLOSED, title: 'WebhookStatus' },
);
export const hkubeWebhookList = listOf(hkubeWebhookStatus);

function listOf(status: TSchema): TObject {
  const one = Type.Optional(status);
  return Type.Object({ jobId, result: one, progress: one }, { ...CLOSED, title: 'WebhookList' });
}
