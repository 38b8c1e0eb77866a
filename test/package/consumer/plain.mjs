// The same team on ES modules.
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import process from 'node:process';
import { PipelineClient } from 'temporal-pipelines/client';
import { PipelinesPlugin } from 'temporal-pipelines/plugin';

const [address, taskQueue] = process.argv.slice(2);
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  plugins: [new PipelinesPlugin({ algorithms: { 'green-alg': ({ input: [value] }) => value * 10 } })],
});
const result = await worker.runUntil(async () => {
  const client = new Client({ connection: await Connection.connect({ address }) });
  const handle = await new PipelineClient(client, { taskQueue }).start({
    name: 'batch',
    nodes: [{ nodeName: 'green', algorithmName: 'green-alg', input: ['#[1,2,3]'] }],
  });
  return await handle.result();
});
process.stdout.write(JSON.stringify(result), () => process.exit(0));
