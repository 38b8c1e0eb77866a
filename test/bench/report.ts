/** BENCHMARKS.md, and the table on the console. */
import { format } from 'prettier';
import type { Machine } from './machine';
import { drawPlot, type Series } from './plot';
import type { Row, Sample, Samples } from './row';
import type { Outcome } from './statistics';
import { short, thousands } from './words';

export interface Findings {
  readonly machine: Machine;
  readonly outcomes: readonly Outcome[];
  /** Of the group «curve». */
  readonly curve: Samples;
  readonly repetitions: number;
  readonly seconds: number;
  /** What a reader should know of this run. */
  readonly note?: string | undefined;
}

/** A file's path in the repository, and its text. */
export type Files = Readonly<Record<string, string>>;

const PLOTS = { time: 'docs/benchmarks/time.svg', memory: 'docs/benchmarks/memory.svg' };
const MEMORY_LIMIT_MB = 600;
const ITEMS = { x: 'items', range: [1_000, 1_000_000] } as const;

export function table(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map((outcome) => `| ${cells(outcome).join(' | ')} |`);
  return [
    '| what | ours | theirs | result | range | target | |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

function cells({ row, problem, ours, theirs, result, lowest, highest, repetitions, met }: Outcome): string[] {
  const unit = 'unit' in row ? ` ${row.unit}` : '';
  const ratio = 'of' in row && row.against !== undefined ? ' ×' : '';
  const given = (value: number | undefined): string => (value === undefined ? '' : short(value) + unit);
  const target = targetOf(row.target, ratio);
  if (result === undefined) return [row.what, given(ours), given(theirs), problem ?? '', '', target, '–'];
  const range = `${short(lowest ?? NaN)} … ${short(highest ?? NaN)} (${String(repetitions)})`;
  return [
    row.what,
    given(ours),
    given(theirs),
    `**${short(result)}**${ratio}`,
    range,
    target,
    met === true ? 'met' : 'missed',
  ];
}

function targetOf(target: Row['target'], ratio: string): string {
  return 'atLeast' in target ? `≥ ${short(target.atLeast)}${ratio}` : `≤ ${short(target.atMost)}${ratio}`;
}

export async function report(findings: Findings): Promise<Files> {
  const { machine, outcomes, repetitions, seconds, note } = findings;
  const text = `# Benchmarks

Written by \`npm run bench\`; every run writes it anew. \`npm run bench -- --quick\` does less, and prints it only.
${note === undefined ? '' : `\n**${note}**\n`}
| machine | |
| --- | --- |
| processor | ${machine.processor} |
| memory | ${machine.memory} |
| system | ${machine.system} |
| software | ${machine.software} |
| load in the minute before | ${machine.load} |
| date, commit | ${machine.date}, \`${machine.commit}\` |
| took | ${thousands(Math.round(seconds))} s |

Server, workers, facade, receiver and caller share this machine, so a ratio says more than a number.

## Results

${table(outcomes)}

«result» is what the target speaks of: the median of the ratios of the repetitions, or of the values where nothing is compared. «range» is the lowest and the highest of them, and how many there were. «ours» and «theirs» are the medians of either side.

## Curves

![Time](${PLOTS.time})

![Memory](${PLOTS.memory})

${curveTable(findings.curve)}

## Method

- **The other side** is \`test/bench/bare-workflows.ts\`: plain Temporal workflows as a user writes them, frozen in their first commit. «bare» is one activity an item with 100 in flight; «by hand» has 1,000 items an activity.
- **The same for both**: the server and its flags, those of \`npm start\`, with its database in a file; slots and settings of the worker; the function, input × 10; how the input is given, as a range; the sender of webhooks, with its limits. Each side has a worker process of its own.
- **Interleaved**: in each of at least ${repetitions} repetitions every way of doing the work has its turn, in alternating order. A ratio is of two runs of one repetition.
- **The clock** runs from the call that starts a job until its result was read and every value of it checked, in order; with webhooks until the last of them was received, and all are checked. Jobs whose latency is measured run one by one, with seeded pauses between them: without, each would wait for the same timer of the server.
- **CPU** is user and system time of the server's process and the worker's, from \`/proc\`. **Memory** is \`VmHWM\` of the worker's process, which counts all that it has loaded; for the curve and the million the process is new each time. **Events** are those of all executions that were started on the task queue meanwhile, its reconciler's as well.
- **What is published** is what runs on our side: the bundle of workflows and the facade as \`npm run build\` makes them, the latter with the flags of Node that \`npm start\` and the compose file give it.
- **Warm**: what a process does first is not measured, as it is slow. Workers run 10 rounds of small jobs before; the facade starts 2,000 jobs, and so does the client that it is compared with.
- **A row that fails** says so and stops no other.

## What is not measured

- A Temporal cluster, a network, or a database on another machine: the development server is one process, and is here the limit of nearly everything that has one activity an item.
- Algorithms that cost something: items do nothing or wait, so that what is seen is the cost around them.
- Values of more than a few bytes, and what reading results over HTTP costs.
- Several workers, and what a crash, a pause or a retry costs.
- The memory of server and facade, and time under a load that lasts for hours.
`;
  return {
    'BENCHMARKS.md': await format(text, { parser: 'markdown', printWidth: 120 }),
    [PLOTS.time]: drawPlot({
      title: 'One batch: time until its result is checked',
      ...ITEMS,
      y: 'seconds',
      series: seriesOf(findings.curve, ({ ms }) => ms / 1_000),
    }),
    [PLOTS.memory]: drawPlot({
      title: 'One batch: peak memory of its worker',
      ...ITEMS,
      y: 'MB',
      series: seriesOf(findings.curve, ({ peakBytes = NaN }) => peakBytes / 1e6),
      limit: MEMORY_LIMIT_MB,
    }),
  };
}

function curveTable(curve: Samples): string {
  const lines = [...curve].map(([name, samples]) => {
    if (samples instanceof Error)
      return `| ${name} | failed: ${samples.message.slice(0, 160).replaceAll('|', '\\|')} | | | |`;
    const [sample] = samples;
    if (sample === undefined) return `| ${name} | not run: the time was up | | | |`;
    const { ms, count, cpuSeconds = NaN, peakBytes = NaN, events = NaN } = sample;
    const each = [`${short((cpuSeconds * 1_000) / count)} ms`, short(events / count)];
    return `| ${[name, `${short(ms / 1_000)} s`, `${short(peakBytes / 1e6)} MB`, ...each].join(' | ')} |`;
  });
  return [
    '| items | time | peak memory of the worker | CPU an item | events an item |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/** A line for each way of doing the work, without what has failed. */
function seriesOf(curve: Samples, value: (sample: Sample) => number): Series[] {
  const points = new Map<string, [number, number][]>();
  for (const [name, samples] of curve) {
    const [way = name] = name.split(', ');
    const line = points.get(way) ?? [];
    points.set(way, line);
    if (samples instanceof Error) continue;
    for (const sample of samples) line.push([sample.count, value(sample)]);
  }
  return [...points].map(([name, line]) => ({ name, points: line }));
}
