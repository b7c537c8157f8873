/** What a test is told that uses its host wrongly. */

/** A wrong option or call of a test host, or something it began and did not wait for; says what and how to mend it. */
export class TestHostError extends Error {
  override readonly name = 'TestHostError';
}
