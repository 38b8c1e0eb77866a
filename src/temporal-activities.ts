/** The activities that a workflow has ask its own server: what the domain and its arguments can not tell. */
import { createFindUntold, createFindWorkers, overConnection, type Activities } from '../activities';
import { findEnded } from './temporal/ended-jobs';
import { isOwnDelivery } from './temporal/handed-over';
import { isServed } from './temporal/pollers';
import { hasSearchAttributes } from './temporal/search-attributes';
import { findUntold } from './temporal/untold-jobs';

export const temporalActivities = {
  findEnded: overConnection(findEnded),
  findUntold: createFindUntold(findUntold),
  findWorkers: createFindWorkers((client, taskQueue) => isServed(client, taskQueue, 'activity')),
  hasSearchAttributes: overConnection(hasSearchAttributes),
  isOwnDelivery: overConnection(isOwnDelivery),
} satisfies Partial<Activities>;
