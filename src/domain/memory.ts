/** Amounts of memory as Kubernetes writes them: `256Mi`, `1G`, bytes where there is no unit. */
const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** @returns in Mi; undefined where it is no amount */
export function parseMemory(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,15})?) ?([kKMGTPE]i?|)$/.exec(text) ?? [];
  const bytes = UNITS[unit];
  return digits === '' || bytes === undefined ? undefined : (Number(digits) * bytes) / 2 ** 20;
}
