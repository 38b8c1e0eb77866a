/** Where the algorithms of one job are run, as whoever starts it has found out (contract §10). */
import type { AlgorithmHome } from './algorithm-definition';
import { MAX_BLOCK_SIZE } from './block-size';
import { boolean, integer, object, oneOf, recordOf, string, type Check } from './checks';
import { invalid } from './errors';
import { isJsonObject } from './json';
import { url } from './shape';

/** By algorithm name. One that is not named is run by the workers of the job's own task queue. */
export type Homes = Readonly<Record<string, AlgorithmHome>>;

export function homeOf(homes: Homes | undefined, algorithmName: string): AlgorithmHome | undefined {
  return homes !== undefined && Object.hasOwn(homes, algorithmName) ? homes[algorithmName] : undefined;
}

/** How many items a block of the algorithm holds; undefined where the engine chooses. */
export function blockSizeOf(home: AlgorithmHome | undefined): number | undefined {
  return home === undefined || home.kind === 'activity' ? undefined : home.blockSize;
}

const kind: Check = () => undefined;
const taskQueue = string({ min: 1, max: 1_000 });
/** A year, as for all durations of a job. */
const duration = integer(1, 365 * 86_400_000);

const blockSize = integer(1, MAX_BLOCK_SIZE);

const FORMS: Record<AlgorithmHome['kind'], Check> = {
  worker: object({ kind, taskQueue, short: boolean, blockSize }, { required: ['taskQueue'], closed: true }),
  http: object({ kind, url, timeoutMs: duration, blockSize }, { required: ['url', 'timeoutMs'], closed: true }),
  activity: object(
    { kind, taskQueue, type: string({ min: 1, max: 1_000 }), heartbeatTimeoutMs: duration },
    { required: ['taskQueue', 'type'], closed: true },
  ),
};

export const homesCheck: Check = recordOf((home, at) => {
  if (!isJsonObject(home)) throw invalid(`${at} should be object`);
  oneOf(...Object.keys(FORMS))(home['kind'], `${at}.kind`);
  FORMS[home['kind'] as AlgorithmHome['kind']](home, at);
});
