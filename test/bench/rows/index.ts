import type { Group, Scale } from '../row';
import { batchGroup, curveGroup, millionGroup } from './batch';
import { latencyGroup, throughputGroup, webhookGroup } from './jobs';
import { evenGroup, unevenGroup } from './slots';
import { submitGroup } from './submit';

/** All of the benchmark, in the order in which it runs. A new row goes into its group, a new group into this list. */
export function groupsOf(scale: Scale): Group[] {
  return [
    latencyGroup(scale),
    throughputGroup(scale),
    webhookGroup(scale),
    batchGroup(scale),
    evenGroup(scale),
    unevenGroup(scale),
    submitGroup(scale),
    millionGroup(scale),
    curveGroup(scale),
  ];
}
