/** The host's limits on payloads and on what Async work takes. */
import type { HostSettings } from '../engine/definition.ts';
import type { Report } from './report.ts';
import type { LimitsLayer } from './schema.ts';
import { writeSize } from './units.ts';

const MB = 1024 ** 2;
const DAY = 86_400_000;

export type Limits = Pick<HostSettings, 'maxSyncPayload' | 'maxAsyncPayload' | 'queue'>;

/** Fills in what is not configured (types.ts says so to people). */
export function resolveLimits(limits: LimitsLayer, report: Report): Limits {
  const { results = {}, deadLetters = {} } = limits;
  const maxAsyncPayload = limits.asyncPayload ?? MB;
  const maxQueueBytes = limits.maxQueueBytes ?? 256 * MB;
  if (maxQueueBytes < maxAsyncPayload) {
    const key = limits.maxQueueBytes === undefined ? 'asyncPayload' : 'maxQueueBytes';
    const [payload, queue] = [writeSize(maxAsyncPayload), writeSize(maxQueueBytes)];
    report.problem(
      ['limits', key],
      key === 'maxQueueBytes'
        ? `found '${queue}', allowed at least asyncPayload, which is ${payload}`
        : `found '${payload}', allowed at most maxQueueBytes, which is ${queue}`,
    );
  }
  return {
    maxSyncPayload: limits.syncPayload ?? 32 * MB,
    maxAsyncPayload,
    queue: {
      maxQueueBytes,
      minFreeDisk: limits.minFreeDisk ?? 128 * MB,
      retention: {
        age: results.age ?? DAY,
        bytes: results.bytes ?? 256 * MB,
        count: results.count ?? 1_000_000,
        result: results.size ?? 256 * 1024,
      },
      deadLetters: {
        age: deadLetters.age ?? 30 * DAY,
        bytes: deadLetters.bytes ?? 64 * MB,
        count: deadLetters.count ?? 10_000,
      },
    },
  };
}
