/** The fields of a pipeline document and their types. */
import { all, arrayOf, boolean, integer, named, object, oneOf, shallow, string, unique, type Check } from './checks';
import { countsMonths, parseCron } from './cron';
import { invalid } from './errors';
import type { Pipeline } from './pipeline';
import { MONTHS_RULE } from './triggers';
import { LEVELS } from './verbosity';

/** Ids are Temporal workflow ids, at most 255 characters with what is put behind the name. */
const MAX_NAME = 200;
/** Ten years, in seconds: beyond that timers and dates overflow. */
const MAX_TTL = 315_360_000;

/**
 * @param ignoresTriggers of a job nobody looks at them, and one that an earlier version has started may have any
 * @throws PipelineError `InvalidPipeline` for the first field that breaks a rule
 */
export function checkShape(document: unknown, ignoresTriggers = false): asserts document is Pipeline {
  (ignoresTriggers ? jobCheck : pipelineCheck)(document, 'data');
}

/** An http or https URL without credentials. */
export const url: Check = (value, at) => {
  if (typeof value !== 'string') throw invalid(`${at} should be string`);
  if (!/^https?:\/\//i.test(value) || !URL_PATTERN.test(value)) throw invalid(`${at} should match format "url"`);
  if (/^https?:\/\/[^/?#]*@/i.test(value)) throw invalid(`${at} should NOT have credentials`);
};
/** No white space or control characters; the address guard has the last word. */
const URL_PATTERN = /^[^\s\p{Cc}]+$/u;

const notSupported =
  (supported: string): Check =>
  (value, at) => {
    if (typeof value !== 'string') throw invalid(`${at} should be string`);
    if (value !== supported) throw invalid(`${at} "${value.slice(0, 50)}" is not supported, only "${supported}" is`);
  };

const algorithmName = all(
  string({ min: 1, max: 32 }),
  named(/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/, 'algorithm name must contain only lower-case alphanumeric, dash or dot'),
);

const node = object(
  {
    nodeName: string({ min: 1, max: 200 }),
    algorithmName,
    input: all(
      arrayOf(() => undefined),
      shallow,
    ),
    kind: notSupported('algorithm'),
    ttl: integer(0, MAX_TTL),
    retry: object({ policy: oneOf('Never', 'Always', 'OnError', 'OnCrash'), limit: integer(1) }),
    batchOperation: oneOf('indexed', 'cartesian'),
    includeInResults: boolean,
  },
  {
    required: ['nodeName', 'algorithmName'],
    missing: { algorithmName: 'please provide algorithm name' },
  },
);

const NAME_PATTERN = /^[:\-_.A-Za-z0-9]+$/;
const experimentName = all(
  string({ min: 1, max: 32 }),
  named(NAME_PATTERN, 'experiment name must contain only alphanumeric, dash, dot or underscore'),
);

const cronPattern: Check = all(string({ min: 1 }), (value, at) => {
  const pattern = String(value);
  if (parseCron(pattern) === undefined) throw invalid(`${at} should match format "cron"`);
  if (countsMonths(pattern)) throw invalid(`${at} ${MONTHS_RULE}`);
});

const triggers = object(
  {
    pipelines: all(arrayOf(string({ min: 1 })), unique),
    cron: object({ pattern: cronPattern, enabled: boolean }, { required: ['pattern'] }),
  },
  { closed: true },
);

const checkOf = (triggersCheck: Check): Check =>
  object(
    {
      name: all(
        string({ min: 1, max: MAX_NAME }),
        named(NAME_PATTERN, 'pipeline name must contain only alphanumeric, dash, dot or underscore'),
      ),
      nodes: arrayOf(node),
      flowInput: shallow,
      webhooks: object({ progress: url, result: url }, { closed: true }),
      options: object({
        batchTolerance: integer(0, 100),
        progressVerbosityLevel: oneOf(...LEVELS, 'warning'),
        ttl: integer(-Infinity, MAX_TTL),
      }),
      priority: integer(1, 5),
      tags: arrayOf(string({ min: 1, max: 32 })),
      description: string(),
      kind: notSupported('batch'),
      triggers: triggersCheck,
      experimentName,
    },
    { required: ['name', 'nodes'] },
  );

const pipelineCheck = checkOf(triggers);
const jobCheck = checkOf(shallow);
