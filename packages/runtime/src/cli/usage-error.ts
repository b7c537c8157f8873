/** Wrong usage that commander cannot see: a file that is not there, a text that is not what the option takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
