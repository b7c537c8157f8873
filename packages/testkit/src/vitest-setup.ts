/**
 * What the Vitest plugin loads before every test file: functions find the SDK, `expect` has the matchers, and a test that fails
 * shows what happened in its hosts.
 */
import { afterEach, beforeEach } from 'vitest';
import './isolation/installed.ts';
import './matchers-vitest.ts';
import { beginTest, endTest, tellRecords } from './record/failing.ts';

beforeEach(() => {
  beginTest();
});

afterEach(({ task }) => {
  const records = endTest();
  for (const error of task.result?.errors ?? []) tellRecords(error, records);
});
