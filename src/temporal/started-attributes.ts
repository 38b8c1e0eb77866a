/** The search attributes that a job is started with. */
import type { SearchAttributePair } from '@temporalio/common';
import { algorithmsOf, DEFAULTS, type Pipeline } from '../domain/pipeline';
import { isShownLate, type JobSettings } from '../domain/settings';
import {
  PIPELINE_ALGORITHMS,
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
 *
 * @param settings that it is started with: by those of an earlier version its workflow adds nothing
 */
export function searchAttributesOf(
  { name, tags = [], experimentName = DEFAULTS.experimentName, nodes }: Pipeline,
  types: readonly JobType[],
  origin: Origin | undefined,
  settings: Pick<JobSettings, 'version'>,
): SearchAttributePair[] {
  const isLate = isShownLate(settings);
  const algorithms = isLate ? [] : algorithmsOf({ nodes });
  return [
    { key: PIPELINE_NAME, value: name },
    { key: PIPELINE_STATUS, value: 'pending' },
    // An empty list can not be searched for, and costs the server as much as another.
    ...(tags.length === 0 ? [] : [{ key: PIPELINE_TAGS, value: toKeywordList(tags) }]),
    ...(isLate && isRaw(types) ? [] : [{ key: PIPELINE_TYPES, value: [...types] }]),
    { key: PIPELINE_EXPERIMENT, value: experimentName },
    ...(algorithms.length === 0 ? [] : [{ key: PIPELINE_ALGORITHMS, value: toKeywordList(algorithms) }]),
    ...(origin === undefined ? [] : [{ key: PIPELINE_ROOT, value: origin.rootJobId }]),
  ];
}

function isRaw(types: readonly JobType[]): boolean {
  return types.length === 1 && types[0] === 'raw';
}
