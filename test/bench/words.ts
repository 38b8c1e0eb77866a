/** Numbers as the report writes them. */

export function thousands(value: number): string {
  return value.toLocaleString('en-US');
}

/** Three digits that count. */
export function short(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return thousands(Math.round(value));
  if (Math.abs(value) < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}
