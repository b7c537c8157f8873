/** The Isolation suite sees each of its promises broken. Endless loops and full memories are those of threads: they end there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Kind,
  systemClock,
  SystemIsolations,
  type FromInstance,
  type InstanceBoot,
  type InstanceExit,
  type InstanceHandle,
  type InstanceListener,
  type Isolation,
  type ToInstance,
} from '@edgefc/runtime/testing';
import { afterAll } from 'vitest';
import { isolationConformance } from '../../src/conformance/isolation/isolation-conformance.ts';
import { InProcessIsolation } from '../../src/isolation/in-process.ts';
import { expectEachRed } from './sabotage/expect-red.ts';

/** What is done otherwise. */
interface IsolationSabotage {
  readonly boot?: (boot: InstanceBoot) => InstanceBoot;
  /** On the way there: what comes instead of a message. */
  readonly send?: (message: ToInstance) => readonly ToInstance[];
  /** On the way back. */
  readonly message?: (message: FromInstance) => readonly FromInstance[];
  /** Messages of this kind come a turn late. */
  readonly late?: FromInstance[0];
  readonly exit?: (exit: InstanceExit) => InstanceExit;
  readonly exitsTwice?: boolean;
  /** Says Ready before it returns from `start`. */
  readonly readyAtOnce?: boolean;
  /** What it says to be the instance's process goes on. */
  readonly leavesProcess?: boolean;
  /** Keeps what the listener throws to itself. */
  readonly silent?: boolean;
}

class BrokenIsolation implements Isolation {
  readonly #isolation: Isolation;
  readonly #sabotage: IsolationSabotage;

  constructor(isolation: Isolation, sabotage: IsolationSabotage) {
    this.#isolation = isolation;
    this.#sabotage = sabotage;
  }

  start(boot: InstanceBoot, listener: InstanceListener): InstanceHandle {
    const { boot: change, send, message, late, exit, exitsTwice, readyAtOnce, silent } = this.#sabotage;
    if (readyAtOnce === true) listener.message([Kind.Ready]);
    const handle = this.#isolation.start(change?.(boot) ?? boot, {
      message: (one) => {
        for (const instead of message?.(one) ?? [one]) {
          if (instead[0] !== late) listener.message(instead);
          else setImmediate(() => listener.message(instead));
        }
      },
      output: (level, text) => {
        if (silent !== true) listener.output(level, text);
      },
      exited: (how) => {
        listener.exited(exit?.(how) ?? how);
        if (exitsTwice === true) listener.exited(how);
      },
    });
    const sending = handle.send.bind(handle);
    handle.send = (one) => {
      for (const instead of send?.(one) ?? [one]) sending(instead);
    };
    if (this.#sabotage.leavesProcess === true) Object.defineProperty(handle, 'pid', { value: process.pid });
    return handle;
  }

  close(): Promise<void> {
    return this.#isolation.close();
  }
}

/** What comes instead of messages of a kind. */
function on<K extends FromInstance[0]>(
  kind: K,
  change: (message: Extract<FromInstance, readonly [K, ...unknown[]]>) => readonly FromInstance[],
): IsolationSabotage {
  const isOf = (message: FromInstance): message is Extract<FromInstance, readonly [K, ...unknown[]]> =>
    message[0] === kind;
  return { message: (message) => (isOf(message) ? change(message) : [message]) };
}

const always = (exit: InstanceExit): IsolationSabotage => ({ exit: () => exit });

const dataDir = mkdtempSync(join(tmpdir(), 'edgefc-isolations-'));
afterAll(() => {
  rmSync(dataDir, { recursive: true });
});

const ON_THREADS: Readonly<Record<string, IsolationSabotage>> = {
  'is ended by `kill` also when it does not turn its event loop any more': always({
    kind: 'givenUp',
    ended: Promise.resolve(),
  }),
  'is ended when it holds more than its memorySize, and says so': always({ kind: 'code', code: 1 }),
};

expectEachRed<IsolationSabotage>(
  'Isolation',
  (sabotage) =>
    isolationConformance({
      isolation: () =>
        new BrokenIsolation(
          new InProcessIsolation({ host: {}, clock: systemClock, time: undefined, inline: new Map() }),
          sabotage,
        ),
      contains: ['exit', 'uncaught'],
    }),
  {
    'says Ready when it is loaded and initialized, before anything is run': on(Kind.Ready, (ready) => [ready, ready]),
    'only loads, where only that is asked for: an initializer may open a port': {
      boot: (boot) => ({ ...boot, loadOnly: false }),
    },
    'tells through `exited` that it could not start, and why before that': on(Kind.LoadFailed, () => []),
    'tells through `exited` that its directory is not there, and throws nothing': { readyAtOnce: true },
    'stops when it is told to: preStop runs, what is written is delivered, then the end': on(Kind.Log, () => []),
    'is ended by `kill` while it starts, while it is idle and while it runs': { exitsTwice: true },
    'takes `kill` and `send` after the end, and a second `kill`, for nothing': { exitsTwice: true },
    'ends an instance that breaks the protocol, and says so in its output': { silent: true },
    'closes when its instances are gone, and leaves nothing': { leavesProcess: true },

    'carries text and bytes there and back as they are': on(Kind.Returned, ([kind, run, result]) => [
      [kind, run, typeof result === 'string' ? result.toWellFormed() : result],
    ]),
    'shares no memory: what a function does to its event the sender does not see': {
      send: (message) => {
        if (message[0] === Kind.Run && message[2] instanceof Uint8Array) message[2].fill(9);
        return [message];
      },
    },
    'delivers messages in the order in which they were sent, each once': on(Kind.Pong, (pong) => [pong, pong]),
    'has everything a function wrote come before the answer, with its invocation': { late: Kind.Log },
    'loses nothing of a flood of output': on(Kind.Log, (log) => (log[3] === 'line 7' ? [] : [log])),
    'tells a handler that threw from one that returned': on(Kind.Threw, ([kind, run, error, hint]) => [
      [kind, run, error.replace('RangeError', 'Error'), hint],
    ]),
    'carries the calls of a function with the run that made them, and each answer to its call': on(
      Kind.Call,
      ([kind, call, , target, type, payload, invokerContext, options]) => [
        [kind, call, 1, target, type, payload, invokerContext, options],
      ],
    ),
    "aborts a run's signal when it is told to": {
      send: (message) =>
        message[0] === Kind.Abort
          ? [
              [Kind.Abort, 1, message[2]],
              [Kind.Abort, 2, message[2]],
            ]
          : [message],
    },
    'keeps state and environment of instances apart from one another, and from the host': {
      boot: (boot) => ({ ...boot, definition: { ...boot.definition, environment: {} } }),
    },

    'says that process.exit ends it, in which run, and with which code': on(Kind.Dying, () => []),
    'delivers what had settled before the end: 8 MiB, then process.exit': on(Kind.Returned, () => []),
    'is ended by what nobody handles, and says in which run (uncaught)': always({ kind: 'code', code: 0 }),
    'is ended by what nobody handles, and says in which run (rejection)': on(Kind.Dying, () => []),
  },
  {},
);

expectEachRed<IsolationSabotage>(
  'Isolation',
  (sabotage) =>
    isolationConformance({
      isolation: () =>
        new BrokenIsolation(
          new SystemIsolations({ clock: systemClock, dataDir, parentDeathSignal: true }).thread,
          sabotage,
        ),
      contains: ['loop', 'memory'],
    }).filter(({ name }) => name in ON_THREADS),
  ON_THREADS,
  {},
);
