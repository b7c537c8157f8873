/**
 * What the SDK relies on in a Transport (the port: transport.ts of the SDK), as data: who carries invocations in another way
 * runs these cases over it.
 */
import { writeCases, type ConformanceCase } from '../case.ts';
import { FarSide } from './far-side.ts';
import { invokingCases } from './invoking.ts';
import type { TransportConformanceOptions } from './options.ts';
import { publishingAndAskingCases } from './publishing-and-asking.ts';

export function transportConformance({ connect }: TransportConformanceOptions): ConformanceCase[] {
  const write = writeCases('Transport', async () => {
    const far = await FarSide.connect(connect);
    return { subject: far, release: () => far.close() };
  });
  return [...invokingCases(write), ...publishingAndAskingCases(write)];
}
