import { context, createTraceState, propagation, trace, TraceFlags } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { expect } from 'chai';
import { closeReceivers, recorder } from './receivers';
import { closeSenders, request, sender } from './senders';

const SPAN = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  traceState: createTraceState('vendor=opaque'),
};

describe('the trace context of a webhook', () => {
  const provider = new NodeTracerProvider();

  before('turn tracing on', () => {
    provider.register();
  });

  after('turn it off, as it holds for the whole process', async () => {
    trace.disable();
    context.disable();
    propagation.disable();
    await provider.shutdown();
  });

  afterEach(async () => {
    await closeSenders();
    await closeReceivers();
  });

  it('is that of the span in which it is sent, without what else travels in the context', async () => {
    const receiver = await recorder();
    const baggage = propagation.createBaggage({ tenant: { value: 'not for receivers' } });
    const active = propagation.setBaggage(trace.setSpanContext(context.active(), SPAN), baggage);
    await context.with(active, () => sender().send(request(receiver.url)));
    expect(receiver.received[0]?.headers)
      .to.include({ traceparent: `00-${SPAN.traceId}-${SPAN.spanId}-01`, tracestate: 'vendor=opaque' })
      .and.not.have.property('baggage');
  });

  it('has no state where the trace has none', async () => {
    const receiver = await recorder();
    const { traceState: _, ...span } = SPAN;
    await context.with(trace.setSpanContext(context.active(), span), () => sender().send(request(receiver.url)));
    expect(receiver.received[0]?.headers).to.have.property('traceparent');
    expect(receiver.received[0]?.headers).to.not.have.property('tracestate');
  });

  it('is not there where no span is active', async () => {
    const receiver = await recorder();
    await sender().send(request(receiver.url));
    expect(receiver.received).to.have.length(1);
    expect(receiver.received[0]?.headers).to.not.have.any.keys('traceparent', 'tracestate');
  });
});
