import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import type { Job } from '../src/domain/job';
import { nextWake } from '../src/domain/schedule';

/** A ttl may be years; a timer of this length is only set again. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The clock of jobs that an earlier version has begun, whose histories hold its order of commands: one timer, set anew. */
export class TurningClock {
  private scope = new CancellationScope();
  private isStopped = false;

  constructor(
    private readonly job: Job,
    private readonly tick: () => void,
  ) {}

  async run(): Promise<void> {
    try {
      while (!this.isStopped) await this.wait(nextWake(this.job));
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
  }

  stop(): void {
    this.isStopped = true;
    this.scope.cancel();
  }

  /** Until it is time, or time is wanted earlier. */
  private async wait(at: number): Promise<void> {
    const scope = new CancellationScope();
    this.scope = scope;
    const isEarlier = (): boolean => nextWake(this.job) < at;
    const left = Math.min(Math.max(1, at - Date.now()), LONGEST_TIMER);
    const isDue = await scope.run(() => {
      const moved = condition(isEarlier).then(() => false);
      return at === Infinity ? moved : Promise.race([sleep(left).then(() => true), moved]);
    });
    scope.cancel();
    if (isDue) this.tick();
  }
}
