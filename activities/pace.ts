/** How long the items of an algorithm take in this process, as far as it has run any. */
import { LRUCache } from 'lru-cache';

/** Of the newest item, so that what has become slow or quick is known soon. */
const WEIGHT = 0.3;

export class Pace {
  /** In milliseconds, by algorithm name. */
  private readonly means = new LRUCache<string, number>({ max: 1_000 });

  note(algorithmName: string, ms: number): void {
    const mean = this.means.get(algorithmName) ?? ms;
    this.means.set(algorithmName, mean + WEIGHT * (ms - mean));
  }

  isSlower(algorithmName: string, thanMs: number): boolean {
    return (this.means.get(algorithmName) ?? 0) > thanMs;
  }
}
