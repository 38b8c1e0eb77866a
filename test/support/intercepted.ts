import { Client, type WorkflowClientInterceptor } from '@temporalio/client';

/** @returns a client of the same connection whose calls go through these */
export function intercepted({ connection, options }: Client, calls: WorkflowClientInterceptor): Client {
  return new Client({ connection, namespace: options.namespace, interceptors: { workflow: [calls] } });
}
