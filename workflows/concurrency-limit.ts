/** How many jobs of one pipeline run at a time: one long-lived workflow for each that has a limit (DESIGN.md, «Limits»). */
import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  makeContinueAsNewFunc,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract';
import { PipelineError } from '../src/domain/errors';
import { utf8Length } from '../src/domain/json';
import { checkEntry, checkPlace, checkPlaces, Places, type Admission, type PlacesState } from '../src/domain/places';
import { acquireUpdate, admissionSignal, enterSignal, leaveSignal, lineUpSignal, placesQuery } from './messages';

/** How often it looks for jobs that have ended without a word, while others wait for their places. */
const LOOK_EVERY_MS = 5_000;
/** Where nobody has or wants a place for so long it closes; the next job starts it again. */
const IDLE_MS = 3_600_000;
/** What fits into the arguments of the next run. */
const MAX_STATE_BYTES = 1_900_000;

/** By the worker that runs this workflow: the slots of activities may be taken for hours. It ends within seconds. */
const { findEnded } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { maximumAttempts: 2, initialInterval: '100ms' },
});

/**
 * Runs for as long as jobs of the pipeline come.
 *
 * @param state what an earlier run has left
 * @throws ApplicationFailure of type `InvalidPipeline` for a state that is none
 */
export async function concurrencyLimit(state?: PlacesState): Promise<void> {
  const places = restore(state);
  /** A look that began before it was asked for may have missed what has ended since: so they are counted. */
  let [asked, done] = [0, 0];
  /** Answers on their way to jobs. */
  let telling = 0;
  let heardAt = Date.now();
  /** Where the last look has stopped, as there were too many for one. */
  let lookFrom = 0;
  let mayContinue = true;

  setHandler(placesQuery, () => places.toState());
  setHandler(
    acquireUpdate,
    async (request) => {
      heardAt = Date.now();
      if (places.take(request, false, Date.now())) return true;
      await lookAround();
      return places.take(request, false, Date.now());
    },
    {
      validator: (request) => {
        checkPlace(request);
      },
    },
  );
  setHandler(lineUpSignal, (request) => {
    if (!isValid(checkPlace, request)) return;
    places.lineUp(request, false, Date.now());
    admit();
  });
  setHandler(enterSignal, async (request) => {
    if (!isValid(checkEntry, request)) return;
    const { jobId, rejectOnFailure } = request;
    const take = (): boolean => places.take(request, true, Date.now());
    // Also one that is told a second time, as it has asked a second time.
    if (places.has(jobId) || rejectOnFailure) {
      if (!take()) await lookAround();
      void tell(jobId, take() ? 'admitted' : 'rejected');
    } else places.lineUp(request, true, Date.now());
    admit();
  });
  setHandler(leaveSignal, (jobId) => {
    heardAt = Date.now();
    places.leave(jobId);
    admit();
  });

  for (;;) {
    const { hasWaiting } = places;
    const isNews = (): boolean => asked > done || isOld() || places.hasWaiting !== hasWaiting;
    const isTimeOver = !(await condition(isNews, hasWaiting ? LOOK_EVERY_MS : IDLE_MS));
    if (asked > done || (isTimeOver && places.hasWaiting)) await look();
    if (isOld()) await continueRun();
    if (isTimeOver && isQuiet() && places.isEmpty && Date.now() - heardAt >= IDLE_MS) return;
  }

  function isQuiet(): boolean {
    return allHandlersFinished() && telling === 0 && asked === done;
  }

  function isOld(): boolean {
    return mayContinue && workflowInfo().continueAsNewSuggested && isQuiet();
  }

  async function continueRun(): Promise<void> {
    const next = places.toState();
    // Where it does not fit this run goes on, for as long as its history has room.
    mayContinue = utf8Length(JSON.stringify(next)) <= MAX_STATE_BYTES;
    if (mayContinue) await makeContinueAsNewFunc<typeof concurrencyLimit>()(next);
  }

  /** Answers once somebody has looked who began after this was asked. */
  async function lookAround(): Promise<void> {
    const turn = ++asked;
    await condition(() => done >= turn);
  }

  async function look(): Promise<void> {
    const turn = asked;
    const jobIds = places.toLookAfter(Date.now());
    lookFrom = lookFrom < jobIds.length ? lookFrom : 0;
    const order = [...jobIds.slice(lookFrom), ...jobIds.slice(0, lookFrom)];
    // Where the server does not answer, nothing was found.
    const found = order.length === 0 ? undefined : await findEnded(order).catch(() => undefined);
    if (found !== undefined) {
      lookFrom = found.looked < order.length ? (lookFrom + found.looked) % order.length : 0;
      places.note(found, Date.now());
    }
    admit();
    done = turn;
  }

  function admit(): void {
    for (const jobId of places.admit()) void tell(jobId, 'admitted');
  }

  async function tell(jobId: string, admission: Admission): Promise<void> {
    telling++;
    try {
      await getExternalWorkflowHandle(jobId).signal(admissionSignal, admission);
    } catch {
      // It has ended meanwhile; one that has not asks again.
      places.leave(jobId);
      admit();
    }
    telling--;
  }
}

function restore(state: unknown): Places {
  if (state === undefined || state === null) return new Places();
  try {
    checkPlaces(state);
    return new Places(state);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.code);
  }
}

/** What somebody has sent by hand and is no request must not stop the workflow. */
function isValid<T>(check: (given: unknown) => asserts given is T, given: unknown): given is T {
  try {
    check(given);
    return true;
  } catch {
    return false;
  }
}
