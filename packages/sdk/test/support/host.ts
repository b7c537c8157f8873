/** Puts functions behind the SDK for one test. */
import { setTransportProvider, type Transport } from '../../src/internal.ts';
import { InProcessTransport, type Callee } from './in-process-transport.ts';

/** Carries the calls of the test to these functions; remove it with {@link removeHost}. */
export function host(callees: Readonly<Record<string, Callee>> = {}, limits?: Transport['limits']): InProcessTransport {
  const transport = new InProcessTransport(callees, limits);
  setTransportProvider(() => transport);
  return transport;
}

export function removeHost(): void {
  setTransportProvider(undefined);
}
