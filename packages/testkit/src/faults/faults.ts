/**
 * Faults of a host: what goes wrong with functions although nothing is wrong with them.
 *
 * They change what the fakes (or the real functions) would have come to, so that they meet real functions and faked ones alike. A
 * call that is refused anyway uses none up.
 */
import { nearestNames } from '@edgefc/sdk/internal';
import { readDuration } from '../duration.ts';
import { describe, readCount } from '../fakes/encode.ts';
import type { Death, Effect, FakeCall } from '../fakes/types.ts';
import type { DiskFaults } from './disk-faults.ts';
import type { Fault } from './fault.ts';
import type { Random } from './random.ts';

export interface FaultOptions {
  /** Calls and runs that it strikes. Default: 1; of `slow` and `random`: all. */
  readonly times?: number;
}

export interface CrashOptions extends FaultOptions {
  /**
   * What the invoker is told. Default `'Exit'`: the instance crashed while the handler ran, which uses an attempt up.
   * `'InstanceLost'`: for a reason that was not this invocation's; Async work runs again without using an attempt up.
   */
  readonly as?: 'Exit' | 'InstanceLost';
}

export const FAULT_KINDS = ['throttle', 'crashBefore', 'crashAfter', 'lose', 'slow'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface RandomFaultOptions extends FaultOptions {
  /** From 0 to 1: how many of the calls and runs are struck. */
  readonly rate: number;
  /** Default: all. */
  readonly kinds?: readonly FaultKind[];
  /** `Service/function`. Default: all. */
  readonly targets?: readonly string[];
  /** The longest that `slow` adds: ms, or `'5s'`. Default: 1 s. */
  readonly slow?: number | string;
}

export interface FaultsParts {
  readonly random: Random;
  readonly disk: DiskFaults;
  readonly keys: () => Iterable<string>;
  /** Ends the instances that a function has now; gives how many there were. */
  readonly lose: (key: string, why: string) => number;
}

interface Rule {
  readonly targets: ReadonlySet<string> | undefined;
  left: number;
  hits: number;
  /** undefined: it lets this one be. */
  readonly strike: (effect: Effect, call: FakeCall) => Effect | undefined;
}

export class Faults {
  readonly #parts: FaultsParts;
  #rules: Rule[] = [];

  constructor(parts: FaultsParts) {
    this.#parts = parts;
  }

  /** The next calls (and runs of Async work) are refused with ResourceExhausted, as by a full queue. */
  throttle(target: string, options: FaultOptions = {}): Fault {
    return this.#strike([target], options, 1, () => throttled());
  }

  /** The instance crashes when the next run begins, before the handler has done anything. */
  crashBefore(target: string, { as = 'Exit', ...options }: CrashOptions = {}): Fault {
    const death = deathAs(as, 'before the handler ran');
    return this.#strike([target], options, 1, () => ({ kind: 'die', death }));
  }

  /** The handler of the next run does all it does, and the instance crashes before anybody hears of it: what is done is done twice. */
  crashAfter(target: string, { as = 'Exit', ...options }: CrashOptions = {}): Fault {
    const death = deathAs(as, 'after the handler ran');
    return this.#strike([target], options, 1, (effect) => ({ kind: 'dieAfter', death, then: effect }));
  }

  /** The instances that the function has now are lost, with what runs in them (InstanceLost); gives how many there were. */
  loseInstance(target: string): number {
    return this.#parts.lose(this.#known(target), 'the test lost the instance');
  }

  /** The handler begins later by `time` (ms, or `'5s'`), which counts against its timeout. */
  slow(target: string, time: number | string, options: FaultOptions = {}): Fault {
    const ms = readDuration(time, 'faults.slow(target, time): time');
    return this.#strike([target], options, Infinity, (effect) => ({ kind: 'delay', ms, then: effect }));
  }

  /** Faults by chance, from the host's seed: the same seed and the same calls, the same faults. */
  random({ rate, kinds = FAULT_KINDS, targets, slow = 1000, ...options }: RandomFaultOptions): Fault {
    if (!(rate >= 0 && rate <= 1))
      throw new RangeError(`faults.random: rate is ${describe(rate)}: give a number from 0 to 1`);
    const [first, ...others] = kinds;
    const unknown = kinds.find((kind) => !FAULT_KINDS.includes(kind));
    if (first === undefined || unknown !== undefined) {
      throw new TypeError(`faults.random: kinds is ${describe(kinds)}: give some of ${FAULT_KINDS.join(', ')}`);
    }
    const longest = readDuration(slow, 'faults.random: slow');
    const { random } = this.#parts;
    return this.#strike(targets, options, Infinity, (effect) => {
      if (random.next() >= rate) return undefined;
      switch (random.pick([first, ...others])) {
        case 'throttle':
          return throttled();
        case 'crashBefore':
          return { kind: 'die', death: deathAs('Exit', 'before the handler ran') };
        case 'crashAfter':
          return { kind: 'dieAfter', death: deathAs('Exit', 'after the handler ran'), then: effect };
        case 'lose':
          return { kind: 'die', death: deathAs('InstanceLost', 'before the handler ran') };
        case 'slow':
          return { kind: 'delay', ms: random.int(longest) + 1, then: effect };
      }
    });
  }

  /**
   * The n-th durable write from now on fails as on a full disk: new work is refused with ResourceExhausted, and what is
   * accepted is written as soon as there is space again, a quarter of a second later.
   */
  failWrite(n: number = 1): Fault {
    return this.#parts.disk.failWrite(readCount(n, 'faults.failWrite(n): n'));
  }

  /** The disk is full from the next write on, until the fault is stopped. */
  fillDisk(): Fault {
    return this.#parts.disk.fill();
  }

  /** All faults are over. */
  stop(): void {
    this.#rules = [];
    this.#parts.disk.clear();
  }

  /** What becomes of a call that would have come to `effect`. */
  readonly disturb = (call: FakeCall, effect: Effect): Effect => {
    let disturbed = effect;
    for (const rule of this.#rules) {
      if (isRefused(disturbed)) break;
      if (rule.left === 0 || rule.targets?.has(call.target) === false) continue;
      const struck = rule.strike(disturbed, call);
      if (struck === undefined) continue;
      rule.left -= 1;
      rule.hits += 1;
      disturbed = struck;
    }
    return disturbed;
  };

  #strike(targets: readonly string[] | undefined, options: FaultOptions, times: number, strike: Rule['strike']): Fault {
    const left = options.times === undefined ? times : readCount(options.times, 'times');
    const known = targets === undefined ? undefined : new Set(targets.map((target) => this.#known(target)));
    const rule: Rule = { targets: known, left, hits: 0, strike };
    this.#rules.push(rule);
    return {
      get hits() {
        return rule.hits;
      },
      stop: () => {
        rule.left = 0;
      },
    };
  }

  /** A fault of a function that is not there would never strike. */
  #known(target: string): string {
    const keys = [...this.#parts.keys()];
    if (keys.includes(target)) return target;
    const near = nearestNames(target, keys);
    const offer =
      near.length > 0 ? `did you mean ${near.map((key) => `'${key}'`).join(' or ')}?` : `there is ${keys.join(', ')}`;
    throw new TypeError(`a fault of '${target}' would never strike: this host has no such function; ${offer}`);
  }
}

function isRefused({ kind }: Effect): boolean {
  return kind === 'refuse' || kind === 'unexpected';
}

function throttled(): Effect {
  return {
    kind: 'refuse',
    at: 'start',
    code: 'ResourceExhausted',
    message: 'throttled by a fault of the test; try again later',
  };
}

function deathAs(as: 'Exit' | 'InstanceLost', when: string): Death {
  const exit = { kind: 'signal', signal: 'SIGKILL' } as const;
  if (as === 'Exit')
    return { last: { errorType: 'Exit', message: `a fault of the test ended the instance ${when}` }, exit };
  return { last: { errorType: 'InstanceLost', message: `a fault of the test lost the instance ${when}` }, exit };
}
