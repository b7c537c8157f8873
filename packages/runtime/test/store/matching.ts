/** Matchers for a part of an object, with types: Vitest's own are `any`. */
import { expect } from 'vitest';

export const matching: { stringContaining(text: string): unknown; stringMatching(text: RegExp): unknown } = {
  stringContaining: (text) => expect.stringContaining(text) as unknown,
  stringMatching: (text) => expect.stringMatching(text) as unknown,
};
