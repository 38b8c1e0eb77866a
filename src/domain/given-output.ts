/** What nodes of an earlier job have put out, for one that reads them and does not have them itself (`exec/caching`). */
import { arrayOf, boolean, integer, object, string, type Check } from './checks';
import { invalid } from './errors';
import type { OutcomesSnapshot } from './outcomes';
import { isJsonObject } from './json';

/** The whole output of a node that is done. What is large of it lies in blobs of the job that reads it. */
export interface GivenOutput {
  /** As the nodes that read it name it. */
  readonly nodeName: string;
  /** Whether it is that of a batch: of its items, and not of one task. */
  readonly isBatch: boolean;
  /** How many tasks the node had. */
  readonly width: number;
  /** How they ended. */
  readonly outcomes: OutcomesSnapshot;
}

const name = string({ min: 1, max: 1_000 });
export const blobCheck = object(
  { store: name, key: name, size: integer(0) },
  { required: ['store', 'key', 'size'], closed: true },
);

export const elementsCheck = object(
  {
    path: arrayOf(string()),
    chunks: arrayOf((value, at) => {
      if (!Array.isArray(value) || value.length !== 2) throw invalid(`${at} should be a blob and a count`);
      blobCheck(value[0], `${at}[0]`);
      integer(1)(value[1], `${at}[1]`);
    }),
  },
  { required: ['path', 'chunks'], closed: true },
);

/** Temporal's payload would not hold more. */
const MAX_WIDTH = 2 ** 31 - 1;
const index = integer(0, MAX_WIDTH);

const runs: Check = arrayOf((value, at) => {
  if (!Array.isArray(value) || value.length !== 2) throw invalid(`${at} should be an index and a count`);
  for (const one of value as unknown[]) index(one, at);
});

const outcome: Check = (value, at) => {
  if (!isJsonObject(value)) throw invalid(`${at} should be object`);
  if ('error' in value) string()(value['error'], `${at}.error`);
  else if ('blob' in value) blobCheck(value['blob'], `${at}.blob`);
  else if (value['result'] === undefined) throw invalid(`${at} should have a result, a blob or an error`);
  if (value['elements'] !== undefined) arrayOf(elementsCheck)(value['elements'], `${at}.elements`);
};

const inline: Check = (value, at) => {
  if (!Array.isArray(value) || value.length !== 2) throw invalid(`${at} should be an index and an outcome`);
  index(value[0], `${at}[0]`);
  outcome(value[1], `${at}[1]`);
};

const stored: Check = (value, at) => {
  if (!Array.isArray(value) || value.length < 3) throw invalid(`${at} should be a blob and its items`);
  const [blob, items, failed, dropped, largest] = value as unknown[];
  blobCheck(blob, `${at}[0]`);
  runs(items, `${at}[1]`);
  runs(failed, `${at}[2]`);
  if (dropped !== undefined) runs(dropped, `${at}[3]`);
  if (largest !== undefined) integer(0)(largest, `${at}[4]`);
};

export const givenOutputCheck = object(
  {
    nodeName: string({ min: 1, max: 200 }),
    isBatch: boolean,
    width: index,
    outcomes: object(
      { skipped: runs, inline: arrayOf(inline), stored: arrayOf(stored) },
      { required: ['skipped', 'inline', 'stored'], closed: true },
    ),
  },
  { required: ['nodeName', 'isBatch', 'width', 'outcomes'], closed: true },
);
