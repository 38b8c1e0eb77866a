/** What a job was started with, as whoever it was has sent it. */
import { ApplicationFailure, patched } from '@temporalio/workflow';
import { hasLaterFields, withoutLaterFields } from '../src/domain/earlier-documents';
import { PipelineError } from '../src/domain/errors';
import { LATEST_VERSION, parseSettings, type JobSettings } from '../src/domain/settings';
import { MAX_ERROR, toText } from '../src/domain/text';
import { parsePipeline } from '../src/domain/validate';

export type ParsedJob = ReturnType<typeof parsePipeline> & {
  readonly settings: JobSettings & { readonly webhookTaskQueue: string };
};

/** @throws ApplicationFailure of type `InvalidPipeline` */
export function parseJob(document: unknown, overrides: unknown, taskQueue: string): ParsedJob {
  try {
    const given = parseSettings(overrides);
    // Not the job's fault: its task is tried again until a newer worker takes it.
    if (given.version > LATEST_VERSION) throw new Error(`version ${String(given.version)} of the settings is unknown`);
    const settings = { ...given, webhookTaskQueue: given.webhookTaskQueue ?? `${taskQueue}-webhooks` };
    return { ...parsePipeline(document, { ...settings, ignoresTriggers: true }), settings };
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    throw ApplicationFailure.create({
      message: toText(error.message, MAX_ERROR),
      type: error.code,
      nonRetryable: true,
      details: [error.details ?? []],
    });
  }
}

/** A job that an earlier version has started goes on with what that version has read of its pipeline. */
export function asItWasRead<T>(document: T): T {
  return !hasLaterFields(document) || patched('later-fields') ? document : (withoutLaterFields(document) as T);
}
