/** The numbers that people read of versions (`hkube-api.md` §5): 1.0.0 is the first, each part counts to 500. */
const BASE = 501;

/** @param number counts the versions of a name, from 1 */
export function semverOf(number: number): string {
  const count = number - 1;
  const [patch, minor, major] = [count % BASE, Math.floor(count / BASE) % BASE, Math.floor(count / BASE ** 2)];
  return `${String(major + 1)}.${String(minor)}.${String(patch)}`;
}
