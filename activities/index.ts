export type {
  Algorithm,
  AlgorithmArgs,
  AlgorithmContext,
  AlgorithmFunction,
  AlgorithmLog,
  AlgorithmOptions,
  Algorithms,
} from './algorithm';
export { checkAlgorithms, findFault } from './algorithm-options';
export type { Activities } from './contract';
export { createFindTriggered } from './find-triggered';
export { createFindUntold, type FindUntold } from './find-untold';
export { createFindWorkers, type IsServed } from './find-workers';
export { createHttpAlgorithm } from './http-algorithm';
export { createKeepOutcomes } from './keep-outcomes';
export { overConnection } from './over-connection';
export { createReadInput, createReadInputActivity } from './read-input';
export { createRunBlock } from './run-block';
export { createSendWebhook } from './send-webhook';
export { createStartStored, type StartStored } from './start-stored';
export { createWriteResult } from './write-result';
export { createSweepBlobs, type Retention } from './sweep-blobs';
export { rememberImport } from './thread-home';
