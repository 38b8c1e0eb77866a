/** How much of its history a run has left. */
import { workflowInfo } from '@temporalio/workflow';

/** Early enough that what is in hand by then can still be written down. */
export function isHistoryLong(): boolean {
  const { historyLength, historySize } = workflowInfo();
  return historyLength > 30_000 || historySize > 30_000_000;
}

/** A little before the server would end the workflow without a word to anybody. */
export function isHistoryFull(): boolean {
  const { historyLength, historySize } = workflowInfo();
  return historyLength > 45_000 || historySize > 42_000_000;
}
