/**
 * What the SDK relies on in a Transport (the port: transport.ts of the SDK), as data: who carries invocations in another way
 * runs these cases over it.
 */
import { writeCases, type ConformanceCase } from '../case.ts';
import { FarSide } from './far-side.ts';
import { invokingCases } from './invoking.ts';
import type { TransportConformanceOptions } from './options.ts';
import { publishingAndAskingCases } from './publishing-and-asking.ts';

/**
 * The cases for an adapter of the Transport port: what arrives on the far side, what comes back, and what becomes of calls that
 * are taken back. The suite plays the far side: who connects tells it what arrived, and sends its answers back.
 *
 * @param options - `connect` makes a transport for each case
 * @example
 * const connect: TransportConformanceOptions['connect'] = async (limits, serve) => {
 *   const server = await MyServer.listen((request, signal, reply) => {
 *     serve({ kind: 'invoke', request, signal, answer: reply }); // And `publish` and `query` alike.
 *   });
 *   return { transport: new MyTransport(server.url, limits), close: () => server.close() };
 * };
 * runConformance(transportConformance({ connect }), { describe, it }, 'MyTransport');
 */
export function transportConformance({ connect }: TransportConformanceOptions): ConformanceCase[] {
  const write = writeCases('Transport', async () => {
    const far = await FarSide.connect(connect);
    return { subject: far, release: () => far.close() };
  });
  return [...invokingCases(write), ...publishingAndAskingCases(write)];
}
