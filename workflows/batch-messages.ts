/** What a job's workflow and its batch workflows tell each other. Histories hold these shapes: fields may be added. */
import { defineSignal } from '@temporalio/workflow';
import type { Homes } from '../src/domain/homes';
import type { BlockEvent } from '../src/domain/schedule';
import type { BlockToRun } from './blocks';

/** From the job. */
export interface BatchMessage {
  /** To be run, in this order. */
  readonly blocks: readonly BlockToRun[];
  /** Whether to report as little as can be, as the history of the job is long. */
  readonly isPressed: boolean;
  /** The blocks in hand are given back: what runs finishes its items in hand. */
  readonly pause?: true;
  /** No block will follow. */
  readonly close?: true;
  /** The job has ended: nothing is reported any more. */
  readonly stop?: true;
}

/** To the job. */
export interface BatchReport {
  readonly batch: number;
  readonly events: readonly BlockEvent[];
  /** Its history has grown long: it wants to be closed. */
  readonly isFull: boolean;
}

export interface BatchInput {
  readonly jobId: string;
  /** Among the job's, 1-based. */
  readonly batch: number;
  /** How many activities it runs at once. */
  readonly window: number;
  readonly homes?: Homes;
  readonly message: BatchMessage;
}

/** To `runBatch`. */
export const tellBatchSignal = defineSignal<[message: BatchMessage]>('tellBatch');
/** To `runPipeline`. */
export const blocksEndedSignal = defineSignal<[report: BatchReport]>('blocksEnded');

export function batchWorkflowId(jobId: string, batch: number): string {
  return `${jobId}/batch/${String(batch)}`;
}

/** By the words of Temporal's core: the workflow that was to be told is not there, or has ended. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && /not found/i.test(error.message);
}
