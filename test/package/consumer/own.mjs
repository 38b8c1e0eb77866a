// A worker with workflows of its own that re-exports ours: both are run.
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';
import { PipelineClient, PipelinesPlugin } from 'temporal-pipelines';

const [address, taskQueue] = process.argv.slice(2);
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowsPath: fileURLToPath(new URL('./own-workflows.mjs', import.meta.url)),
  plugins: [new PipelinesPlugin({ algorithms: { 'green-alg': ({ input: [value] }) => value * 10 } })],
});
const both = await worker.runUntil(async () => {
  const client = new Client({ connection: await Connection.connect({ address }) });
  const greeting = client.workflow.execute('greet', {
    taskQueue,
    workflowId: `greet-${taskQueue}`,
    args: ['pipeline'],
  });
  const handle = await new PipelineClient(client, { taskQueue }).start({
    name: 'batch',
    nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['#[1,2,3]'] }],
  });
  return { greeting: await greeting, result: await handle.result() };
});
process.stdout.write(JSON.stringify(both), () => process.exit(0));
