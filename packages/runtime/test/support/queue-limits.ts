/** The limits that a host has which nobody configured, for definitions made by hand. */
import type { QueueLimits } from '../../src/engine/definition.ts';

const MB = 1024 ** 2;
const DAY = 86_400_000;

export const QUEUE_LIMITS: QueueLimits = {
  maxQueueBytes: 256 * MB,
  minFreeDisk: 128 * MB,
  retention: { age: DAY, bytes: 256 * MB, count: 1_000_000, result: 256 * 1024 },
  deadLetters: { age: 30 * DAY, bytes: 64 * MB, count: 10_000 },
};
