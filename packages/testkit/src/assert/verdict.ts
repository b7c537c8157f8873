/** What a check comes to, and how its message is put together. */
import { treeOf } from '../record/failing.ts';
import type { TestRecord } from '../record/record.ts';

/** Whoever has a record: a test host. */
export interface Recorded {
  readonly record: TestRecord;
}

export interface Verdict {
  readonly pass: boolean;
  /** Why it fails: the expectation when `pass` is false, its negation when it is true. Put together when it is read. */
  readonly message: string;
}

/**
 * @param explain - the message's beginning: what was expected, and what was found instead
 */
export function judge(record: TestRecord, pass: boolean, explain: () => readonly string[]): Verdict {
  return {
    pass,
    get message() {
      const unfaked = record.describeUnfaked();
      return [
        ...explain(),
        ...(unfaked === undefined ? [] : ['', unfaked]),
        '',
        'What happened:',
        ...treeOf(record),
      ].join('\n');
    },
  };
}
