/** What a running job can be asked and told (contract §11). */
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { ProgressBody } from '../src/domain/events';
import { currentStatus } from '../src/domain/bodies';
import { isEnded, type Job } from '../src/domain/job';
import { statesOf } from '../src/domain/job-graph';
import { outputsOf } from '../src/domain/outputs-of';
import type { JobEvent } from '../src/domain/schedule';
import { answersLast } from '../src/domain/settings';
import { allElse } from './all-else';
import {
  actionsQuery,
  graphQuery,
  outputsQuery,
  pauseSignal,
  pauseUpdate,
  resultPartsQuery,
  resultsQuery,
  resumeSignal,
  resumeUpdate,
  statusQuery,
  stopSignal,
  stopUpdate,
} from './messages';

/** @param apply tells the engine */
export function handleMessages(job: Job, apply: (event: JobEvent) => void): void {
  const stop = (reason?: string): void => {
    apply({ type: 'stop', reason: typeof reason === 'string' && reason !== '' ? reason : 'stopped due to request' });
  };
  const pause = (): void => {
    apply({ type: 'pause' });
  };
  const resume = (): void => {
    apply({ type: 'resume' });
  };
  const answer = (act: () => void, assertAllowed: () => void): ProgressBody | Promise<ProgressBody> => {
    const actNow = (): ProgressBody => {
      act();
      return currentStatus(job);
    };
    if (!answersLast(job.settings)) return actNow();
    return allElse().then(() => {
      // Of two that come together both were allowed.
      assertAllowed();
      return actNow();
    });
  };
  setHandler(statusQuery, () => currentStatus(job));
  setHandler(resultsQuery, () => job.record?.results ?? null);
  setHandler(outputsQuery, (nodeNames) => outputsOf(job, nodeNames));
  setHandler(resultPartsQuery, () => job.record?.parts ?? null);
  setHandler(graphQuery, (query = {}) => ({ at: job.last.at, nodes: statesOf(job, query) }));
  setHandler(actionsQuery, () => job.actions);
  setHandler(stopSignal, stop);
  setHandler(pauseSignal, pause);
  setHandler(resumeSignal, resume);
  const assertStoppable = (): void => {
    assertStatus(job, 'stop', !isEnded(job));
  };
  const assertPausable = (): void => {
    assertStatus(job, 'pause', job.status === 'active');
  };
  const assertResumable = (): void => {
    assertStatus(job, 'resume', job.status === 'paused');
  };
  setHandler<ProgressBody, [reason?: string], typeof stopUpdate>(
    stopUpdate,
    (reason) =>
      answer(() => {
        stop(reason);
      }, assertStoppable),
    { validator: assertStoppable },
  );
  setHandler(pauseUpdate, () => answer(pause, assertPausable), { validator: assertPausable });
  setHandler(resumeUpdate, () => answer(resume, assertResumable), { validator: assertResumable });
}

function assertStatus(job: Job, verb: string, allowed: boolean): void {
  if (allowed) return;
  throw ApplicationFailure.nonRetryable(
    `unable to ${verb} pipeline ${job.pipeline.name} because its in ${job.status} status`,
    'WrongState',
  );
}
