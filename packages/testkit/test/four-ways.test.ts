/**
 * What passes in a test holds on the gateway: one scenario with its assertions, run in process on virtual and on real time, in
 * threads and in processes, and its records compared.
 */
import { describe, expect, it } from 'vitest';
import { withTestHost } from '../src/create-test-host.ts';
import { toOutcomes } from './four-ways/outcomes.ts';
import { plant, play } from './four-ways/scenario.ts';
import { WAYS, type Way } from './four-ways/ways.ts';

const played = new Map<Way, Promise<unknown>>();

/** Plays the scenario, once on each way; what was recorded until its host had stopped. */
function outcomesOf(way: Way): Promise<unknown> {
  const known = played.get(way);
  if (known !== undefined) return known;
  const outcomes = withTestHost({ ...plant(), ...way.options }, async (host) => {
    await play(host);
    await host.stop();
    return toOutcomes(host.record);
  });
  played.set(way, outcomes);
  return outcomes;
}

const [first, ...others] = WAYS;

describe('one scenario', () => {
  it.each(WAYS)('comes out as it should $name', async (way) => {
    await outcomesOf(way);
  });

  it.each(others)(`leaves the same record $name as ${first.name}`, async (way) => {
    expect(await outcomesOf(way)).toEqual(await outcomesOf(first));
  });
});
