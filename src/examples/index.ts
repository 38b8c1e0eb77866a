/** The examples: run by the demo, named in the README, used in tests, and served where `ALGORITHMS` is not set. */
import type { Algorithms } from '../../activities';
import { packageAlgorithms } from './packages';
import { seedAlgorithms } from './seed';

export { findPackages, packagesPipeline, type PackageReport } from './packages';
export { seedPipeline } from './seed';

export const exampleAlgorithms: Algorithms = { ...seedAlgorithms, ...packageAlgorithms };
