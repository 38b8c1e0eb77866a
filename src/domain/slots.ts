/** Lets so many actions run at a time; the others wait, first come, first served. */
export class Slots {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}

/** Slots for each key, kept while somebody uses them. */
export class SlotsByKey {
  private readonly used = new Map<string, { readonly slots: Slots; users: number }>();

  /** @param free of each key */
  constructor(private readonly free: number) {}

  async run<T>(key: string, action: () => Promise<T>): Promise<T> {
    const entry = this.used.get(key) ?? { slots: new Slots(this.free), users: 0 };
    this.used.set(key, entry);
    entry.users++;
    try {
      return await entry.slots.run(action);
    } finally {
      if (--entry.users === 0) this.used.delete(key);
    }
  }

  /** How many keys are in use. */
  get size(): number {
    return this.used.size;
  }
}
