/**
 * `node --import @edgefc/testkit/register`, and what the Vitest plugin and the Jest preset load before a test file: handlers
 * that the test imports then find the SDK under all its names, and keep no function of the platform's from before.
 */
import './isolation/installed.ts';
