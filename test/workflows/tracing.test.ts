import { context, propagation, trace } from '@opentelemetry/api';
import { Resource } from '@opentelemetry/resources';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { NativeConnection, Worker } from '@temporalio/worker';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';
import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { PipelineClient } from '../../src/client';
import { PipelinesPlugin } from '../../src/plugin';
import { parseAllowList } from '../../src/webhooks/guard';
import { Delivery } from '../support/deliveries';
import type { Receiver } from '../support/receiver';
import { quietRuntime } from '../support/runtime';
import { useReceiver } from '../support/suite';
import { sharedTemporal, TEMPORAL_START_TIMEOUT, type TestTemporal } from '../support/temporal';

// A team that traces its own worker sees its webhooks in the traces of their jobs (contract §7, `traceparent`).

describe('webhooks of a worker', () => {
  const listen = useReceiver();
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let temporal: TestTemporal;
  let connection: NativeConnection;

  before('turn tracing on', async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    quietRuntime();
    provider.register();
    temporal = await sharedTemporal();
    connection = await NativeConnection.connect({ address: temporal.address });
  });

  after('turn it off, as it holds for the whole process', async () => {
    await connection.close();
    trace.disable();
    context.disable();
    propagation.disable();
    await provider.shutdown();
  });

  /** Runs a job whose receiver takes the result at the second attempt. @returns what the receiver got */
  async function runJob(tracing: OpenTelemetryPlugin[]): Promise<Receiver> {
    const taskQueue = `tracing-${randomUUID()}`;
    const pipelines = new PipelinesPlugin({
      algorithms: { echo: ({ input }) => input[0] },
      webhooks: { allow: parseAllowList('127.0.0.0/8') },
      reconcile: false,
    });
    // Behind ours, whose own worker must not miss what it adds.
    const worker = await Worker.create({ connection, taskQueue, plugins: [pipelines, ...tracing] });
    const to = await listen(({ path }, count) => (path === '/result' && count === 1 ? 500 : 200));
    await worker.runUntil(async () => {
      const client = new PipelineClient(temporal.client, { taskQueue, settings: { retryScheduleMs: [0, 100] } });
      const nodes = [{ nodeName: 'one', algorithmName: 'echo', input: [1] }];
      const job = await client.start({ name: 'traced', nodes, webhooks: to.webhooks });
      await job.result();
      await new Delivery(temporal.client, job.jobId, 'result').ended();
      await new Delivery(temporal.client, job.jobId, 'progress').ended();
    });
    return to;
  }

  it('that is traced tell in which span they are sent', async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    const resource = new Resource({});
    const to = await runJob([new OpenTelemetryPlugin({ resource, spanProcessor: new SimpleSpanProcessor(exporter) })]);
    const spans = exporter.getFinishedSpans().map((span) => ({ name: span.name, ...span.spanContext() }));
    const parents = to.arrived.map(({ headers }) => String(headers['traceparent']));
    expect(parents.length).to.be.at.least(4);
    const sent = spans.filter(({ name }) => name === 'RunActivity:sendWebhook');
    // An event that went along with another is sent in the same span.
    expect([...new Set(parents)]).to.have.members(sent.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`));
    expect(sent.length, 'spans').to.be.at.least(3);
    const [run] = spans.filter(({ name }) => name === 'RunWorkflow:runPipeline');
    expect(new Set(sent.map(({ traceId }) => traceId)), 'all in the trace of the job').to.deep.equal(
      new Set([run?.traceId]),
    );
    expect(to.arrivedOn('/result')).to.have.length(2);
  });

  it('that is not traced have no such header', async function () {
    this.timeout(TEMPORAL_START_TIMEOUT);
    const to = await runJob([]);
    expect(to.arrived.length).to.be.at.least(4);
    for (const { headers } of to.arrived) expect(headers).to.not.have.any.keys('traceparent', 'tracestate');
  });
});
