/**
 * Something that is asked for again and again and may be a little old, such as what workers have announced.
 *
 * What was read last still counts while it is read anew: a server under load takes its time to answer, and whoever asks
 * meanwhile would wait for that.
 *
 * @param read one that fails is not kept
 * @param forMs how long it is not read anew, in milliseconds; nothing is told that was asked for longer than twice that before
 * @param now in milliseconds
 */
export function createKept<T>(read: () => Promise<T>, forMs: number, now: () => number = Date.now): () => Promise<T> {
  let last: { readonly at: number; readonly value: T } | undefined;
  let reading: Promise<T> | undefined;
  const readAnew = async (): Promise<T> => {
    const at = now();
    try {
      const value = await read();
      last = { at, value };
      return value;
    } finally {
      reading = undefined;
    }
  };
  return async () => {
    const age = last === undefined ? Infinity : now() - last.at;
    if (last !== undefined && age < forMs) return last.value;
    reading ??= readAnew();
    if (last === undefined || age >= 2 * forMs) return await reading;
    // Whoever has to wait for it is told.
    reading.catch(() => undefined);
    return last.value;
  };
}
