/** Lets a receiver go on in the trace of the one who sends (contract §7). */

/** What else a propagator adds, such as baggage, is not for receivers. */
const HEADERS = ['traceparent', 'tracestate'] as const;

/** The user's own copy: it is a peer, since a second one may not know who has turned tracing on. Without it nobody has. */
const loading = import('@opentelemetry/api').catch(() => undefined);

/** @returns W3C trace context; nothing where no span is active */
export async function traceHeaders(): Promise<Record<string, string>> {
  const api = await loading;
  const carrier: Record<string, string | undefined> = {};
  api?.propagation.inject(api.context.active(), carrier);
  const headers: Record<string, string> = {};
  for (const name of HEADERS) {
    const value = carrier[name];
    if (value !== undefined && value !== '') headers[name] = value;
  }
  return headers;
}
