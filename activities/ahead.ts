/**
 * Which blocks of a worker may have the server write down that thousands of their items may have begun: only a few at a
 * time, as all that a lost worker may have begun runs again, a few at a time. Items that are so quick wait for nothing, so
 * their blocks run one after another anyway.
 */

/** While one of them runs, the other asks, or writes its outcomes down. */
const PLACES = 2;
/** One whose items have become slow must not hold the others up, in milliseconds. */
const LONGEST_WAIT_MS = 1_000;

/** Of one worker. */
export class AheadPlaces {
  private taken = 0;
  private readonly waiting: ((isTaken: boolean) => void)[] = [];

  /**
   * Waits for a place, in the order in which blocks ask: that is the one in which they have their turns.
   *
   * @returns whether it has one; otherwise a long block has it
   */
  async take(): Promise<boolean> {
    if (this.taken < PLACES) {
      this.taken++;
      return true;
    }
    return await new Promise((resolve) => {
      const decide = (isTaken: boolean): void => {
        clearTimeout(timer);
        resolve(isTaken);
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(decide), 1);
        decide(false);
      }, LONGEST_WAIT_MS);
      this.waiting.push(decide);
    });
  }

  giveBack(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.taken--;
    else next(true);
  }
}
