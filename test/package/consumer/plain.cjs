// A CommonJS team: an ordinary Temporal Worker with the plugin and nothing else, and a caller in the same process.
'use strict';
const { Client, Connection } = require('@temporalio/client');
const { NativeConnection, Worker } = require('@temporalio/worker');
const { PipelineClient } = require('temporal-pipelines/client');
const { PipelinesPlugin } = require('temporal-pipelines/plugin');

async function main() {
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
  process.stdout.write(JSON.stringify(result));
}

main().then(() => process.exit(0));
