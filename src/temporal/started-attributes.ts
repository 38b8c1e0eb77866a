/** The search attributes that a job is started with. */
import type { SearchAttributePair } from '@temporalio/common';
import { algorithmsOf, DEFAULTS, type Pipeline } from '../domain/pipeline';
import {
  PIPELINE_ALGORITHMS,
  PIPELINE_EXPERIMENT,
  PIPELINE_NAME,
  PIPELINE_ROOT,
  PIPELINE_STATUS,
  PIPELINE_TAGS,
  PIPELINE_TYPES,
} from '../../workflows/search-attributes';
import type { JobType, Origin } from './started-job';

/** The server takes 40 kB of them in all. */
const MAX_ALGORITHMS = 500;

/** What a job can be searched for by; `pending` until its workflow says otherwise. */
export function searchAttributesOf(
  { name, tags = [], experimentName = DEFAULTS.experimentName, nodes }: Pipeline,
  types: readonly JobType[],
  origin: Origin | undefined,
): SearchAttributePair[] {
  const algorithms = algorithmsOf({ nodes });
  return [
    { key: PIPELINE_NAME, value: name },
    { key: PIPELINE_STATUS, value: 'pending' },
    // An empty list can not be searched for, and costs the server as much as another.
    ...(tags.length === 0 ? [] : [{ key: PIPELINE_TAGS, value: [...tags] }]),
    { key: PIPELINE_TYPES, value: [...types] },
    { key: PIPELINE_EXPERIMENT, value: experimentName },
    { key: PIPELINE_ALGORITHMS, value: algorithms.slice(0, MAX_ALGORITHMS) },
    ...(origin === undefined ? [] : [{ key: PIPELINE_ROOT, value: origin.rootJobId }]),
  ];
}
