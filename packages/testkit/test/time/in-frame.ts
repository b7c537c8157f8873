/** What the tests of time share: a clock with its driver, and code that runs inside a frame of it. */
import { enterFrame, type Frame, type Seat } from '../../src/frame.ts';
import { createDriver, type Driver, type DriverParts } from '../../src/time/driver.ts';
import { installTime } from '../../src/time/install.ts';
import { createRealWork, type RealWork, type RealWorkOptions } from '../../src/time/real-work.ts';
import { createVirtualClock, type VirtualClock } from '../../src/time/virtual-clock.ts';

installTime();

export interface Stage {
  readonly clock: VirtualClock;
  readonly realWork: RealWork;
  readonly driver: Driver;
  readonly crashes: unknown[];
  /** Runs `code` as a function of the host would be run. */
  readonly run: <T>(code: () => T) => T;
}

export function createStage(parts: Partial<DriverParts> & RealWorkOptions = {}): Stage {
  const clock = createVirtualClock();
  const realWork = createRealWork(clock, parts);
  const crashes: unknown[] = [];
  const frame: Frame = { time: { clock }, seat: createSeat((error) => crashes.push(error)) };
  return {
    clock,
    realWork,
    driver: createDriver({ clock, realWork, ...parts }),
    crashes,
    run: (code) => enterFrame(frame, code),
  };
}

function createSeat(crash: (error: unknown) => void): Seat {
  return {
    host: {},
    instance: 'EdgeFC/pump#1',
    env: {},
    write: () => undefined,
    exit: () => {
      throw new Error('exit');
    },
    transport: { limits: { sync: 0, async: 0 }, invoke: () => Promise.reject(new Error('no host')) },
    crash,
  };
}
