/** What is asked of searches and lists of jobs, and answered. */
import { Type, type TProperties, type TSchema } from '@sinclair/typebox';
import { startedPipeline } from './answers';
import { CLOSED, epochMs, jobId, oneOf, OPEN } from './parts';
import { pipeline } from './pipeline';

/** At most what visibility takes as a keyword. */
const word = (description: string) => Type.Optional(Type.String({ maxLength: 255, description }));
const isoTime = { format: 'iso-time', description: 'of the start: ISO 8601; without a zone it is that of the server' };

const criteria = {
  experimentName: word('of this experiment'),
  pipelineName: word('of this pipeline, or the job of this id'),
  pipelineType: word('started so: raw, stored, algorithm, cron, …'),
  algorithmName: word('with a node of this algorithm'),
  pipelineStatus: word('in this status; one that was terminated from outside has failed'),
};

const sort = Type.Optional(
  Type.Unsafe<'asc' | 'desc'>({
    ...oneOf('asc', 'desc'),
    default: 'desc',
    description: 'desc: those that run first, newest first, then by their end, newest first; asc: the reverse',
  }),
);
const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 100 }));
const cursor = Type.Optional(
  Type.String({ maxLength: 2_000, description: 'of the page before, with the same criteria and sort' }),
);
const pageNumber = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 10_000,
    description: 'counts from 1, without a cursor; passes over at most 10,000 jobs',
  }),
);

/** `a:true,b:false`, as HKube writes it. */
const flags = (name: string, description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 1_000,
      pattern:
        '^\\s*[A-Za-z][A-Za-z0-9.]*\\s*:\\s*(true|false)\\s*(,\\s*[A-Za-z][A-Za-z0-9.]*\\s*:\\s*(true|false)\\s*)*$',
      'x-message': `data.${name} should be a list such as jobId:true,status.status:true`,
      description,
    }),
  );
const flagObject = (description: string) =>
  Type.Optional(
    Type.Record(Type.String(), Type.Boolean(), { maxProperties: 50, propertyNames: { maxLength: 200 }, description }),
  );

const FIELDS = 'which fields of a hit are answered, or which are not';
const EXISTS = 'result: only jobs that have ended, or only those that run';

export const searchQuery = Type.Object({
  ...criteria,
  from: Type.Optional(Type.String(isoTime)),
  to: Type.Optional(Type.String(isoTime)),
  cursor,
  page: pageNumber,
  sort,
  limit,
  fields: flags('fields', FIELDS),
  exists: flags('exists', EXISTS),
  tags: Type.Optional(Type.String({ maxLength: 2_000, description: 'all of these, with commas between' })),
});

const time = Type.Unsafe<string | number>({ type: ['string', 'integer'], minimum: 0, maximum: 8.64e15, ...isoTime });
const tags = Type.Optional(Type.Array(Type.String({ maxLength: 255 }), { maxItems: 20, description: 'all of these' }));

export const searchBody = Type.Object(
  {
    query: Type.Optional(
      Type.Object({
        ...criteria,
        datesRange: Type.Optional(Type.Object({ from: Type.Optional(time), to: Type.Optional(time) })),
        tags,
      }),
    ),
    cursor,
    pageNum: pageNumber,
    sort,
    limit,
    fields: flagObject(FIELDS),
    exists: flagObject(EXISTS),
    tags,
  },
  {
    title: 'JobSearch',
    examples: [{ query: { pipelineName: 'batch', pipelineStatus: 'completed' }, limit: 10, fields: { jobId: true } }],
  },
);

/** Every part may be left out by `fields`, and parts of them. */
const partOf = ({ properties }: TSchema, without: readonly string[], more: TProperties, description: string) => {
  const parts = Object.entries(properties as TProperties).filter(([name]) => !without.includes(name));
  return Type.Optional(
    Type.Partial(Type.Object({ ...Object.fromEntries(parts), ...more }), { ...CLOSED, description }),
  );
};

/** @param bodies of `GET /exec/status` and `GET /exec/results` */
export function searchPage(bodies: { readonly status: TSchema; readonly results: TSchema }): TSchema {
  const hit = Type.Object(
    {
      jobId: Type.Optional(jobId),
      userPipeline: Type.Optional(
        Type.Partial(pipeline, { ...OPEN, description: 'as it was sent, without its flow input' }),
      ),
      pipeline: Type.Optional(Type.Partial(startedPipeline, { ...OPEN, description: 'with its defaults' })),
      status: partOf(
        bodies.status,
        ['jobId'],
        {},
        'as exec/status; while the job runs without counts, as its worker is not asked',
      ),
      result: partOf(
        bodies.results,
        ['jobId', 'data'],
        { startTime: epochMs, timeTook: Type.Number({ description: 'seconds since its start' }) },
        'as exec/results, without the data',
      ),
    },
    { ...CLOSED, title: 'JobHit' },
  );
  return Type.Object(
    {
      hits: Type.Array(hit),
      cursor: Type.Optional(Type.String({ description: 'asks for what follows, which may be nothing' })),
      timeTook: Type.String({ description: 'milliseconds, as 1.80ms' }),
    },
    { ...CLOSED, title: 'JobPage' },
  );
}

export const jobsQuery = Type.Object({
  status: word('of these alone; default active and pending'),
  raw: Type.Optional(Type.Boolean({ description: 'ids alone' })),
});

export const jobList = Type.Union([
  Type.Array(jobId),
  Type.Array(Type.Object({ jobId, status: Type.String(), pipelineName: Type.String() }, CLOSED)),
]);
