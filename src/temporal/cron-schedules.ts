/** The schedules by which stored pipelines run at their times (DESIGN.md, «Cron»): one for each that has times. */
import { createHash } from 'node:crypto';
import {
  DAYS_OF_WEEK,
  MONTHS,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type CalendarSpec,
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
  type ScheduleSummary,
} from '@temporalio/client';
import { isRestricted, parseCron, type CronTimes } from '../domain/cron';
import type { CronTrigger } from '../domain/triggers';
import type { Store } from '../store/store';
import { cronPrefix, START_SCHEDULED } from '../../workflows/messages';
import { DEFINITION_MEMO } from './schedules';

/** To be raised with each change of what a schedule does. */
const DEFINITION = 1;
/** The memo of a schedule that holds the name of its pipeline. */
const PIPELINE_MEMO = 'pipeline';

/** What could not be started within this is passed over: an outage of a day must not start a day's jobs at once. */
const LATEST = '10m';

/** Where the pipelines are stored. */
export interface CronSource {
  /** @returns undefined where it has no times, or is not there */
  get(name: string): Promise<CronTrigger | undefined>;
  /** All that have times. */
  list(): Promise<readonly { readonly name: string; readonly cron: CronTrigger }[]>;
}

export function cronSource({ pipelines, triggers }: Pick<Store, 'pipelines' | 'triggers'>): CronSource {
  return {
    get: async (name) => (await pipelines.get(name))?.definition.triggers?.cron,
    list: async () =>
      (await triggers.list()).flatMap(({ name, triggers: { cron } }) => (cron === undefined ? [] : [{ name, cron }])),
  };
}

/** In hand at a time, where all are gone through. */
const AT_ONCE = 10;

export class CronSchedules {
  constructor(
    private readonly client: Client,
    private readonly taskQueue: string,
    private readonly source: CronSource,
  ) {}

  /** Makes the schedule of one pipeline what is stored now, also where somebody else stores another meanwhile. */
  async sync(name: string): Promise<void> {
    for (;;) {
      const wanted = await this.source.get(name);
      await this.apply(name, wanted);
      const now = await this.source.get(name);
      if (now?.pattern === wanted?.pattern && now?.enabled === wanted?.enabled) return;
    }
  }

  /** Makes all of them what is stored: after a crash between the database and Temporal, or by hand. */
  async syncAll(): Promise<void> {
    const listed = new Map<string, ScheduleSummary>();
    for await (const summary of this.client.schedule.list()) {
      const name = summary.memo?.[PIPELINE_MEMO];
      if (typeof name === 'string' && summary.scheduleId === this.idOf(name)) listed.set(name, summary);
    }
    const stored = new Map((await this.source.list()).map(({ name, cron }) => [name, cron]));
    const waiting = [...new Set([...listed.keys(), ...stored.keys()])].filter(
      (name) => !isListedAs(listed.get(name), stored.get(name)),
    );
    const syncNext = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await this.sync(name);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, syncNext));
  }

  private async apply(name: string, cron: CronTrigger | undefined): Promise<void> {
    const handle = this.client.schedule.getHandle(this.idOf(name));
    try {
      if (cron === undefined) {
        await handle.delete();
        return;
      }
      const { scheduleId: _, memo: _memo, ...wanted } = this.wanted(name, cron);
      if (isAs(await handle.describe(), cron)) return;
      await handle.update(() => ({ ...wanted, state: stateOf(cron) }));
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      if (cron !== undefined) await this.create(name, cron);
    }
  }

  private async create(name: string, cron: CronTrigger): Promise<void> {
    try {
      await this.client.schedule.create({ ...this.wanted(name, cron), state: stateOf(cron) });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      // By another facade, this very moment.
      await this.apply(name, cron);
    }
  }

  private wanted(name: string, { pattern }: CronTrigger): ScheduleOptions {
    const id = this.idOf(name);
    return {
      scheduleId: id,
      memo: { [PIPELINE_MEMO]: name },
      spec: { calendars: calendarsOf(pattern) },
      action: {
        type: 'startWorkflow',
        workflowType: START_SCHEDULED,
        // The server puts the time behind it.
        workflowId: id,
        taskQueue: this.taskQueue,
        args: [{ name }],
        memo: { [DEFINITION_MEMO]: DEFINITION },
        workflowRunTimeout: LATEST,
        staticSummary: `a time of ${name}`,
      },
      policies: {
        // The workflow only starts a job; how many of those may run is said by the pipeline.
        overlap: ScheduleOverlapPolicy.ALLOW_ALL,
        catchupWindow: LATEST,
      },
    };
  }

  /** Servers keep at most 255 characters of it, with what they put before and behind. */
  private idOf(name: string): string {
    const id = cronPrefix(this.taskQueue) + name;
    if (id.length <= MAX_ID) return id;
    return `${id.slice(0, MAX_ID - 33)}~${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
  }
}

const MAX_ID = 200;

function stateOf({ pattern, enabled = false }: CronTrigger): { paused: boolean; note: string } {
  return { paused: !enabled, note: `${pattern} (UTC)${enabled ? '' : ', not enabled'}` };
}

/** By what the server tells of each in a list; what it does not tell makes no difference. */
function isListedAs(summary: ScheduleSummary | undefined, cron: CronTrigger | undefined): boolean {
  if (summary === undefined || cron === undefined) return false;
  const { paused, note } = stateOf(cron);
  return summary.state.paused === paused && summary.state.note === note;
}

function isAs({ action, state }: ScheduleDescription, cron: CronTrigger): boolean {
  const { paused, note } = stateOf(cron);
  return state.paused === paused && state.note === note && Number(action.memo?.[DEFINITION_MEMO]) >= DEFINITION;
}

/**
 * The same times as the pattern's, written out, since Temporal reads patterns otherwise: of two restricted day fields
 * it wants both to match.
 */
function calendarsOf(pattern: string): CalendarSpec[] {
  const times = parseCron(pattern);
  if (times === undefined) throw new Error(`${pattern} is no cron pattern`);
  const { dayOfMonth, dayOfWeek } = isRestricted(times);
  const calendar: CalendarSpec = {
    second: rangesOf(times.second),
    minute: rangesOf(times.minute),
    hour: rangesOf(times.hour),
    month: times.month.flatMap((month) => MONTHS[month - 1] ?? []),
    comment: pattern,
  };
  const byDate = { ...calendar, dayOfMonth: rangesOf(times.dayOfMonth) };
  const byDay = { ...calendar, dayOfWeek: daysOf(times) };
  if (!dayOfWeek) return [byDate];
  return dayOfMonth ? [byDate, byDay] : [byDay];
}

function daysOf({ dayOfWeek }: CronTimes): (typeof DAYS_OF_WEEK)[number][] {
  return dayOfWeek.flatMap((day) => DAYS_OF_WEEK[day] ?? []);
}

type Ranges = { start: number; end: number; step: number }[];

/** One, where they are all as far apart. */
function rangesOf(values: readonly number[]): Ranges {
  const [start = 0, second = start + 1] = values;
  const step = second - start;
  if (values.every((value, index) => value === start + index * step)) {
    return [{ start, end: values.at(-1) ?? start, step }];
  }
  return values.map((value) => ({ start: value, end: value, step: 1 }));
}
