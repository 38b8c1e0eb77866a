/** What an algorithm must be, where a team hands it over: at the start of its worker. */
import { MAX_BLOCK_SIZE } from '../src/domain/block-size';
import type { Algorithms } from './algorithm';

type Options = Readonly<Record<string, unknown>>;
type Rule = readonly [holds: (options: Options) => boolean, words: string];

const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';
const isCount = (value: unknown): boolean => value === undefined || (Number.isSafeInteger(value) && Number(value) >= 1);

const RULES: readonly Rule[] = [
  [({ run }) => typeof run === 'function', 'should be a function or { run }'],
  [({ concurrency }) => isCount(concurrency), 'concurrency should be an integer >= 1'],
  [
    ({ blockSize }) => isCount(blockSize) && Number(blockSize ?? 1) <= MAX_BLOCK_SIZE,
    `blockSize should be an integer from 1 to ${String(MAX_BLOCK_SIZE)}`,
  ],
  [({ thread }) => isFlag(thread), 'thread should be boolean'],
  [({ short }) => isFlag(short), 'short should be boolean'],
  [
    ({ short, thread }) => short !== true || thread !== true,
    'short should NOT be true where thread is: a thread takes time',
  ],
];

/** @returns what is wrong with it, in words; undefined where nothing is */
export function findFault(algorithm: unknown): string | undefined {
  if (typeof algorithm === 'function') return undefined;
  const options = typeof algorithm === 'object' && algorithm !== null ? (algorithm as Options) : {};
  return RULES.find(([holds]) => !holds(options))?.[1];
}

/** @throws Error that names the algorithm, the field and the rule, for each that breaks one */
export function checkAlgorithms(algorithms: Algorithms): void {
  const faults = Object.entries(algorithms).flatMap(([name, algorithm]) => {
    const fault = findFault(algorithm);
    return fault === undefined ? [] : [`algorithm "${name}": ${fault}`];
  });
  if (faults.length > 0) throw new Error(faults.join('; '));
}
