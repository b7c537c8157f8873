/**
 * The driver where time is the machine's (threads, processes, `time: 'real'`): nothing is skipped, and whoever asks for an hour
 * waits for one. So one scenario runs on virtual and on real time, with the same calls.
 */
import { readDuration } from '../duration.ts';
import type { Driver } from './driver.ts';
import { realDelay } from './real-time.ts';

/** ms between two looks. */
const LOOK = 2;
/** Looks in a row at which nothing may be under way: an answer may be on its way through a socket. */
const QUIET_LOOKS = 3;

export interface RealDriverParts {
  /** Whether anything of the host is under way: an invocation that runs or has its turn, a write. */
  readonly busy: () => boolean;
}

export function createRealDriver({ busy }: RealDriverParts): Driver {
  const becomesQuiet = async (): Promise<void> => {
    for (let quiet = 0; quiet < QUIET_LOOKS; quiet = busy() ? 0 : quiet + 1) await realDelay(LOOK);
  };
  return {
    settle: becomesQuiet,
    advance: async (by) => {
      await realDelay(readDuration(by, 'advance()'));
      await becomesQuiet();
    },
    advanceTo: async (instant) => {
      await realDelay(Math.max(0, new Date(instant).getTime() - Date.now()));
      await becomesQuiet();
    },
    runUntilIdle: async (isIdle) => {
      do await becomesQuiet();
      while (!(await isIdle()));
    },
    untilSettled: (promise) => promise,
  };
}
