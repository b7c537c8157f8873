/** The assertions for runners without matchers: the same checks, with node:assert's equality. */
import { AssertionError } from 'node:assert';
import { describe, expect, it } from 'vitest';
import {
  assertDeadLettered,
  assertFailedWith,
  assertInvoked,
  assertInvokedInOrder,
  assertInvokedOnly,
  assertInvokedTimes,
  assertLogged,
  assertNotInvoked,
  assertNotLogged,
  assertNotPublished,
  assertPublished,
  assertRetried,
  assertSucceededWith,
} from '../../src/assert/assertions.ts';
import { plant } from '../record/support/plant.ts';

describe('an assertion', () => {
  it('throws nothing while it holds, and otherwise says what was expected and what there was', async () => {
    await using host = await plant();
    await host.invoke('Plant/control', 'go');
    await host.runUntilIdle();
    const all = ['Plant/control', 'Plant/valve', 'Plant/pump', 'Plant/logbook', 'Plant/audit'];
    const pairs: readonly [holds: () => void, fails: () => void, told: string][] = [
      [
        () => assertInvoked(host, 'Plant/pump', { payload: { litres: 3 } }),
        () => assertInvoked(host, 'Plant/pump', { payload: { litres: 4 } }),
        'expected Plant/pump with payload { litres: 4 } to be invoked\nit was invoked once, as #3, which differs in\n  payload (- expected, + received)\n      {\n    -   litres: 4\n    +   litres: 3\n      }\n',
      ],
      [
        () => assertNotInvoked(host, 'Plant/pump', { type: 'Sync' }),
        () => assertNotInvoked(host, 'Plant/pump'),
        'expected Plant/pump not to be invoked\nit was, 1 time: #3',
      ],
      [
        () => assertInvokedTimes(host, 'Plant/pump', 1),
        () => assertInvokedTimes(host, 'Plant/pump', 2),
        'to be invoked 2 times',
      ],
      [
        () => assertInvokedInOrder(host, ['Plant/valve', 'Plant/pump']),
        () => assertInvokedInOrder(host, ['Plant/pump', 'Plant/valve']),
        'in this order',
      ],
      [() => assertInvokedOnly(host, all), () => assertInvokedOnly(host, []), 'expected only nothing to be invoked'],
      [
        () => assertSucceededWith(host, 'Plant/control', { valve: 'is open' }),
        () => assertSucceededWith(host, 'Plant/control', { valve: 'is shut' }),
        "    -   valve: 'is shut'\n    +   valve: 'is open'",
      ],
      [
        () => assertFailedWith(host, 'Plant/pump', /offline/),
        () => assertFailedWith(host, 'Plant/valve'),
        'expected Plant/valve to fail',
      ],
      [
        () => assertRetried(host, 'Plant/pump', 1),
        () => assertRetried(host, 'Plant/pump', 2),
        '#3 was tried again 1 time',
      ],
      [() => undefined, () => assertDeadLettered(host, 'Plant/pump'), '#3 Plant/pump: "pumped"'],
      [
        () => assertPublished(host, 'plant/+', 21.5),
        () => assertPublished(host, 'plant/+', 22),
        'expected 22 to be published',
      ],
      [
        () => assertNotPublished(host, 'site/#'),
        () => assertNotPublished(host, 'plant/#'),
        'expected a message not to be published',
      ],
      [
        () => assertLogged(host, 'Plant/control', /controls/),
        () => assertLogged(host, 'stops'),
        'expected "stops" to be logged',
      ],
      [() => assertNotLogged(host, 'stops'), () => assertNotLogged(host, /controls/), 'expected /controls/ not to be'],
    ];
    for (const [holds, fails, told] of pairs) {
      holds();
      expect(fails).toThrow(AssertionError);
      expect(fails).toThrow(told);
      expect(fails).toThrow('\n\nWhat happened:\n  #1 outside → Plant/control "go"');
    }
  });

  it('begins its stack where the test called it', async () => {
    await using host = await plant();
    try {
      assertInvoked(host, 'Plant/pump');
      expect.unreachable();
    } catch (error) {
      const [, first] = (error as Error).stack!.split(/\n(?=\s+at )/);
      expect(first).toContain('assertions.test.ts');
    }
  });

  it('shows no more of a long tree than a screen takes', async () => {
    await using host = await plant();
    for (let n = 0; n < 70; n += 1) await host.invoke('Plant/valve');
    expect(() => assertNotInvoked(host, 'Plant/valve')).toThrow('… 10 more lines: console.log(host.record.tree())');
  });
});
