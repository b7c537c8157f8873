/**
 * The line of configuration for Jest. With it `expect(host)` has the matchers, a failing test shows what happened, and handlers
 * which a test requires find the SDK: Jest resolves modules itself, and does not know its names.
 *
 * @example
 * // package.json; or, beside another preset: moduleNameMapper: { ...require('@edgefc/testkit/jest').moduleNameMapper }
 * "jest": { "preset": "@edgefc/testkit/jest" }
 */
import { createRequire } from 'node:module';
import { SDK_NAMES } from '@edgefc/runtime/testing';
import { HOME } from './isolation/home.ts';

const require: NodeJS.Require = createRequire(HOME);

/** The SDK's names, and where the SDK is. */
export const moduleNameMapper: Record<string, string> = Object.fromEntries(
  [...SDK_NAMES].map(([name, resolved]) => [`^${name}$`, require.resolve(resolved)]),
);

/** Before the test file, so that handlers keep no function of the platform's from before. */
export const setupFiles: string[] = [require.resolve('@edgefc/testkit/register')];

/** With `expect` there: the matchers, and the tree of a failing test. */
export const setupFilesAfterEnv: string[] = [require.resolve('@edgefc/testkit/jest/setup')];
