import type { PackageReport } from '../../examples';

/** The report of the packages, for a person. */
export function printReport(report: PackageReport, say: (line: string) => void): void {
  const { packages, files, bytes, licences, toReview, largest, duplicates } = report;
  const shown = Object.entries(licences).slice(0, 6);
  say(
    `${String(packages)} packages, ${files.toLocaleString('en')} files, ${mebibytes(bytes)}, ${String(duplicates)} with the same files as another`,
  );
  say(`licences: ${shown.map(([licence, count]) => `${licence} ${String(count)}`).join(', ')}`);
  say(`largest: ${largest.map((one) => `${one.name} ${mebibytes(one.bytes)}`).join(', ')}`);
  say(`to review: ${toReview.length === 0 ? 'none' : toReview.slice(0, 10).join(', ')}`);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
