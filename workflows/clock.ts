import { sleep } from '@temporalio/workflow';
import { isEnded, type Job } from '../src/domain/job';

/** A ttl may be years; a timer of this length is only set again. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Tells the engine the time whenever it wants to know it. A timer is set only where it is earlier than those that run, and
 * none is canceled: each is a wake that will be wanted later, and the job's end takes them along. A cancelable one costs
 * the workflow a dozen promises, of each of which the SDK notes the stack, and the history an event.
 */
export class Clock {
  private readonly running = new Set<number>();

  /**
   * @param wake when the time is to be told, in epoch milliseconds
   * @param isOnTask whether the workflow's task goes on until something of it has ended: it learns nothing before
   */
  constructor(
    private readonly job: Job,
    private readonly wake: () => number,
    private readonly tick: () => void,
    private readonly isOnTask: () => boolean,
  ) {}

  /** To be called whenever what the engine wants may have changed. */
  look(): void {
    if (this.isOnTask()) return;
    const at = this.wake();
    if (isEnded(this.job) || at >= Math.min(...this.running)) return;
    this.running.add(at);
    void sleep(Math.min(Math.max(1, at - Date.now()), LONGEST_TIMER)).then(
      () => {
        this.running.delete(at);
        if (isEnded(this.job)) return;
        if (this.wake() <= Date.now()) this.tick();
        this.look();
      },
      // Canceled from Temporal, which stops the job.
      () => undefined,
    );
  }
}
