import { describe, expect, it } from 'vitest';
import { NonRetryableError, RetryLater, retryLaterDelay } from '../src/function-error.ts';

describe('NonRetryableError', () => {
  it('says that it must not be tried again, and why', () => {
    const cause = new Error('deeper');
    const error = new NonRetryableError('Cancelled by the customer.', { cause });
    expect(error).toMatchObject({
      name: 'NonRetryableError',
      message: 'Cancelled by the customer.',
      retryable: false,
      cause,
    });
  });
});

describe('RetryLater', () => {
  it('says when to try again', () => {
    expect(new RetryLater({ after: 30_000 })).toMatchObject({
      name: 'RetryLater',
      after: 30_000,
      message: 'Not now; again after 30000 ms.',
    });
    expect(new RetryLater({ after: 0, message: 'Asleep.' }).message).toBe('Asleep.');
  });

  it.each(['5s', -1, NaN, Infinity, undefined, 31_536_000_001])('refuses to wait for %s', (after) => {
    expect(() => new RetryLater({ after: after as number })).toThrow(
      /^RetryLater: after is .+; it must be a number of milliseconds from 0 to 31536000000 \(365 days\)\.$/,
    );
  });

  it('is recognised by what it says, not by its class', () => {
    expect(retryLaterDelay(new RetryLater({ after: 5 }))).toBe(5);
    expect(retryLaterDelay({ name: 'RetryLater', after: 5 })).toBe(5);
    for (const other of [
      undefined,
      null,
      'RetryLater',
      new Error('x'),
      { name: 'RetryLater' },
      { name: 'RetryLater', after: '5' },
    ]) {
      expect(retryLaterDelay(other)).toBeUndefined();
    }
  });
});
