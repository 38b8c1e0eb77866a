/** The search attributes that a job is started with. */
import type { SearchAttributePair } from '@temporalio/common';
import { DEFAULTS, type Pipeline } from '../domain/pipeline';
import {
  PIPELINE_EXPERIMENT,
  PIPELINE_NAME,
  PIPELINE_ROOT,
  PIPELINE_STATUS,
  PIPELINE_TAGS,
  PIPELINE_TYPES,
  toKeywordList,
} from '../../workflows/search-attributes';
import type { JobType, Origin } from './started-job';

/**
 * What a job can be searched for by; `pending` until its workflow says otherwise, which adds the names of its algorithms,
 * and the types of a job that is started without: a keyword list costs the server a tenth of a start.
 */
export function searchAttributesOf(
  { name, tags = [], experimentName = DEFAULTS.experimentName }: Pipeline,
  types: readonly JobType[],
  origin: Origin | undefined,
): SearchAttributePair[] {
  return [
    { key: PIPELINE_NAME, value: name },
    { key: PIPELINE_STATUS, value: 'pending' },
    // An empty list can not be searched for, and costs the server as much as another.
    ...(tags.length === 0 ? [] : [{ key: PIPELINE_TAGS, value: toKeywordList(tags) }]),
    ...(isRaw(types) ? [] : [{ key: PIPELINE_TYPES, value: [...types] }]),
    { key: PIPELINE_EXPERIMENT, value: experimentName },
    ...(origin === undefined ? [] : [{ key: PIPELINE_ROOT, value: origin.rootJobId }]),
  ];
}

function isRaw(types: readonly JobType[]): boolean {
  return types.length === 1 && types[0] === 'raw';
}
