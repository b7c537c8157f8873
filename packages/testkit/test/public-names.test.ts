import { expect, it } from 'vitest';
import * as testkit from '../src/index.ts';

it('exports exactly these names', () => {
  expect(Object.keys(testkit).sort()).toMatchInlineSnapshot(`
    [
      "StuckError",
      "TestHostError",
      "assertDeadLettered",
      "assertFailedWith",
      "assertInvoked",
      "assertInvokedInOrder",
      "assertInvokedOnly",
      "assertInvokedTimes",
      "assertLogged",
      "assertNotInvoked",
      "assertNotLogged",
      "assertNotPublished",
      "assertPublished",
      "assertRetried",
      "assertSucceededWith",
      "createTestHost",
      "createVirtualClock",
      "everyCrashPoint",
      "fake",
      "matchers",
      "withTestHost",
    ]
  `);
});
