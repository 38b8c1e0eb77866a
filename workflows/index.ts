// The workflows of a worker, and nothing else: a worker with workflows of its own re-exports these two beside them.
export { deliverWebhook } from './deliver-webhook';
export { runPipeline } from './run-pipeline';
