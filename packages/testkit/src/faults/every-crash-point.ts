/** Crash points of a test host, for those who write tests. */
import { createTestHost } from '../create-test-host.ts';
import type { TestHost } from '../host/test-host.ts';
import type { TestHostOptions } from '../options.ts';
import { crashEverywhere, type CrashReport, type CrashSite } from './crash-everywhere.ts';

/**
 * Pulls the plug at every durable write of a scenario, before and after it, each time on a new host; starts that again, runs it
 * until it is idle, and checks that every id that the test was given is known, that accepted = done + pending + dead, that nothing is
 * left waiting, and what you check.
 *
 * The scenario has to do the same each time (with `dataDir`, nearly: what is written together depends on the disk). State of its own (counters, lists) belongs into what `options` makes, or is reset
 * where the scenario begins.
 *
 * @param options - of the hosts; or a function that gives them, called for each
 * @param scenario - what happens; cut off where the plug is pulled, so what it awaits then rejects
 * @param check - what has to hold when everything is over; throws where it does not
 * @returns what the durable writes were, and how many times the plug was pulled
 * @throws AggregateError with every place where something did not hold
 * @example
 * await everyCrashPoint(
 *   { functions: { 'Plant/pump': './pump/index.handler' } },
 *   (host) => host.enqueue('Plant/pump', { on: true }),
 *   async (host) => expect(await host.deadLetters()).toEqual([]),
 * );
 */
export function everyCrashPoint(
  options: TestHostOptions | (() => TestHostOptions),
  scenario: (host: TestHost) => Promise<unknown>,
  check?: (host: TestHost, site: CrashSite | undefined) => Promise<unknown> | undefined,
): Promise<CrashReport> {
  let exact = true;
  const createHost = (): Promise<TestHost> => {
    const given = typeof options === 'function' ? options() : options;
    exact = given.dataDir === undefined;
    return createTestHost(given);
  };
  return crashEverywhere(createHost, scenario, check, { isExact: () => exact });
}
