/**
 * The command `npm run bench`: measures, writes BENCHMARKS.md, and ends by itself. `--quick` measures less and prints.
 * `--only <group>` runs one group and prints; `--note <text>` is put at the top of the report.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { killAll } from '../support/measured-process';
import { describeMachine } from './machine';
import { report, table } from './report';
import { Rig } from './rig';
import type { Group, Samples } from './row';
import { groupsOf } from './rows';
import { runGroup } from './run-group';
import { evaluate, type Outcome } from './statistics';

const ROOT = resolve(__dirname, '../..');
/** In milliseconds, beside the half minute that the build before takes: when no other run begins, and when the process ends whatever happens. */
const LIMITS = { full: { soft: 815_000, hard: 870_000 }, quick: { soft: 78_000, hard: 94_000 } };
const REPETITIONS = { full: 5, quick: 2 };

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, note: { type: 'string' } },
  });
  const { quick, only, note } = values;
  const mode = quick ? 'quick' : 'full';
  const startedAt = Date.now();
  setTimeout(() => {
    console.error('the time is up');
    process.exit(1);
  }, LIMITS[mode].hard).unref();

  const repetitions = REPETITIONS[mode];
  const groups = groupsOf({ quick, repetitions }).filter(({ name }) => only === undefined || name.startsWith(only));
  const machine = await describeMachine();
  const rig = await Rig.start();
  const outcomes: Outcome[] = [];
  let curve: Samples = new Map();
  try {
    for (const group of groups) {
      const samples = await runGroup(rig, group, repetitions, startedAt + LIMITS[mode].soft).catch((error: unknown) => {
        // What is lost with it is this group.
        return new Map(group.variants.map(({ name }) => [name, error as Error]));
      });
      outcomes.push(...tell(group, samples));
      if (group.name === 'curve') curve = samples;
    }
  } finally {
    await rig.stop();
  }
  const seconds = (Date.now() - startedAt) / 1_000;
  const files = await report({ machine, outcomes, curve, repetitions, seconds, note });
  if (quick || only !== undefined) {
    console.log(`\n${files['BENCHMARKS.md'] ?? ''}`);
    return;
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(resolve(ROOT, path)), { recursive: true });
    await writeFile(resolve(ROOT, path), text);
  }
  console.log(`\nwritten in ${Math.round(seconds)} s: ${Object.keys(files).join(', ')}`);
}

function tell(group: Group, samples: Samples): Outcome[] {
  const outcomes = group.rows.map((row) => evaluate(row, samples));
  if (outcomes.length > 0) console.log(`\n${group.name}\n${table(outcomes)}`);
  for (const [name, taken] of samples) {
    if (taken instanceof Error) console.log(`${group.name}: ${name} failed: ${taken.message}`);
  }
  return outcomes;
}

// Nothing that was started is left behind, not even by Ctrl-C.
process.once('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

bench().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
