import { condition } from '@temporalio/workflow';

/**
 * Waits for all else that an activation brings. A worker that takes a job over may be told of an update together with what
 * came by the task before, where that had no commands, and the next worker is told of one after the other (sdk-rust, issue
 * 1146): what is first must not depend on it.
 */
export async function allElse(): Promise<void> {
  let isOver = false;
  void Promise.resolve().then(() => {
    isOver = true;
  });
  await condition(() => isOver);
}
