/** What workers announce of themselves, and who serves an algorithm by that (architecture, «Who serves which algorithm»). */
import { MAX_BLOCK_SIZE } from './block-size';
import { boolean, integer, object, recordOf, string } from './checks';

/** The algorithms of one task queue: all of its workers serve the same ones. */
export interface Announcement {
  readonly taskQueue: string;
  /** When the worker that announces started, in epoch milliseconds: a later one of the same queue replaces this. */
  readonly at: number;
  /** By name. */
  readonly algorithms: Readonly<Record<string, AnnouncedAlgorithm>>;
}

export interface AnnouncedAlgorithm {
  /** How many items of one block run at a time. Default 1. */
  readonly concurrency?: number;
  /** How many items ride in one block. Default: chosen by the engine. */
  readonly blockSize?: number;
  /** Whether an item takes well under a second. Default false. */
  readonly short?: boolean;
}

export interface RegisteredAlgorithm extends AnnouncedAlgorithm {
  readonly taskQueue: string;
}

/** Who serves each algorithm that was ever announced and not taken back, by its name. */
export type Registry = ReadonlyMap<string, RegisteredAlgorithm>;

const announcementCheck = object(
  {
    taskQueue: string({ min: 1 }),
    at: integer(0),
    algorithms: recordOf(object({ concurrency: integer(1), blockSize: integer(1, MAX_BLOCK_SIZE), short: boolean })),
  },
  { required: ['taskQueue', 'at', 'algorithms'] },
);

/**
 * @param given from a signal or a memo, which anybody may write
 * @throws PipelineError `InvalidPipeline`
 */
export function parseAnnouncement(given: unknown): Announcement {
  announcementCheck(given, 'announcement');
  return given as Announcement;
}

/** Of two queues that announce one name the one with the later announcement has it; of two at once, the first by name. */
export function mergeAnnouncements(announcements: readonly Announcement[]): Registry {
  const registry = new Map<string, RegisteredAlgorithm>();
  const byRank = [...announcements].sort(
    (one, other) => one.at - other.at || (one.taskQueue < other.taskQueue ? 1 : -1),
  );
  for (const { taskQueue, algorithms } of byRank) {
    for (const [name, algorithm] of Object.entries(algorithms)) registry.set(name, { taskQueue, ...algorithm });
  }
  return registry;
}
