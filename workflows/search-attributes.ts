/**
 * The search attributes of jobs and deliveries. Safe in the workflow sandbox: nothing is imported but Temporal's common
 * definitions and the domain, so workflows, activities, facade and worker all name them from here.
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import { utf8Length } from '../src/domain/json';

export const PIPELINE_NAME = defineSearchAttributeKey('PipelineName', 'KEYWORD');
/** Of a closed run it counts only together with Temporal's `ExecutionStatus`: a terminated run keeps its last value. */
export const PIPELINE_STATUS = defineSearchAttributeKey('PipelineStatus', 'KEYWORD');
export const PIPELINE_TAGS = defineSearchAttributeKey('PipelineTags', 'KEYWORD_LIST');
/** A job that is started without, of `['raw']`, has it from its workflow, together with its first status. */
export const PIPELINE_TYPES = defineSearchAttributeKey('PipelineTypes', 'KEYWORD_LIST');
export const PIPELINE_EXPERIMENT = defineSearchAttributeKey('PipelineExperiment', 'KEYWORD');
/** The names of its algorithms: from its workflow as well, since a list costs a start a tenth. */
export const PIPELINE_ALGORITHMS = defineSearchAttributeKey('PipelineAlgorithms', 'KEYWORD_LIST');
/** Of a job that another has started: the job at the root of that tree. */
export const PIPELINE_ROOT = defineSearchAttributeKey('PipelineRoot', 'KEYWORD');
export const WEBHOOK_ID = defineSearchAttributeKey('WebhookId', 'KEYWORD');
export const WEBHOOK_URL = defineSearchAttributeKey('WebhookUrl', 'KEYWORD');
export const WEBHOOK_STATE = defineSearchAttributeKey('WebhookState', 'KEYWORD');
/** Of a job that has delivered its terminal progress event itself: `WebhookId` and `WebhookUrl` are those of its result. */
export const WEBHOOK_PROGRESS_ID = defineSearchAttributeKey('WebhookProgressId', 'KEYWORD');
export const WEBHOOK_PROGRESS_URL = defineSearchAttributeKey('WebhookProgressUrl', 'KEYWORD');

/** Temporal's visibility stores keep at most 255 characters of a keyword. */
const MAX_KEYWORD = 255;

/** The part of a text that is kept. */
export function toKeyword(text: string): string {
  return text.slice(0, MAX_KEYWORD);
}

/** A server takes 2 KiB for one, as JSON, and the mark needs room; a workflow that sets more has its task fail for ever. */
const MAX_LIST_BYTES = 2_000;
/** Stands for what did not fit into a list. */
export const AND_OTHERS = '…';

/** As many of the values as a keyword list holds, in their order, and {@link AND_OTHERS} where that is not all of them. */
export function toKeywordList(values: readonly string[]): string[] {
  let bytes = 2;
  // Each with its comma.
  const end = values.findIndex((value) => (bytes += utf8Length(JSON.stringify(value)) + 1) > MAX_LIST_BYTES);
  return end < 0 ? [...values] : [...values.slice(0, end), AND_OTHERS];
}

/** All of them, for registering and checking. */
export const SEARCH_ATTRIBUTES = [
  PIPELINE_NAME,
  PIPELINE_STATUS,
  PIPELINE_TAGS,
  PIPELINE_TYPES,
  PIPELINE_EXPERIMENT,
  PIPELINE_ALGORITHMS,
  PIPELINE_ROOT,
  WEBHOOK_ID,
  WEBHOOK_URL,
  WEBHOOK_STATE,
  WEBHOOK_PROGRESS_ID,
  WEBHOOK_PROGRESS_URL,
] as const;
