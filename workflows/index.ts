// The workflows of a worker, and nothing else: a worker with workflows of its own re-exports all of these beside them.
export { deliverWebhook } from './deliver-webhook';
export { reconcileWebhooks } from './reconcile-webhooks';
export { algorithmRegistry } from './registry';
export { runBatch } from './run-batch';
export { runPipeline } from './run-pipeline';
export { startScheduled } from './start-scheduled';
export { sweepBlobs } from './sweep-blobs';
export { testWebhook } from './test-webhook';
export { triggerPipelines } from './trigger-pipelines';
