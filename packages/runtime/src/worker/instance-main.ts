/**
 * An instance from its boot to its end: the other side of the wall, the same for threads and processes.
 *
 * Loads the function, runs what the host sends, carries its calls, captures its output, and sees to it that whatever
 * ends it (an uncaught error, process.exit, a stop) is told first, after everything that had settled before.
 */
import { format } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { setTransportProvider } from '@edgefc/sdk/internal';
import { systemClock } from '../engine/clock.ts';
import { createContext, type InstanceFacts } from '../engine/handler/context.ts';
import { toErrorJson, toTypedErrorJson } from '../engine/handler/error-payload.ts';
import { Run, type RunParts } from '../engine/handler/run.ts';
import {
  Kind,
  type InstanceBoot,
  type LogLevel,
  type RunMessage,
  type StopMessage,
  type ToInstance,
} from '../engine/protocol.ts';
import { giveBackMemory } from '../wall/give-back.ts';
import { installCapture, type Capture } from './capture.ts';
import { CurrentRun } from './current-run.ts';
import { loadFunction, type LoadedFunction, type LoadedHook } from './load-handler.ts';
import { installModuleHooks } from './module-hooks.ts';
import { InFunctionTransport } from './transport.ts';
import type { WallPort } from './wall-port.ts';

export interface InstanceMainOptions {
  readonly boot: InstanceBoot;
  readonly port: WallPort;
  /** File URL of the entry, from where the SDK is found. */
  readonly home: string;
}

/** ms that aborted handlers have to settle before their instance runs preStop and ends. */
const ABORT_GRACE = 500;

export async function runInstance(options: InstanceMainOptions): Promise<void> {
  const { boot, port } = options;
  const currentRun = new CurrentRun();
  const capture = installCapture({
    write: (level, text, requestId) => {
      port.post([Kind.Log, requestId, level, text]);
      // At once: the line before an endless loop is the one that explains it.
      port.flush();
    },
    currentRun: () => currentRun.run,
    clock: systemClock,
  });
  const end = installEnd(options, currentRun, capture);
  const transport = new InFunctionTransport(boot.settings, currentRun, (message) => {
    port.post(message);
  });
  setTransportProvider(() => transport);
  installModuleHooks(options.home);

  const facts: InstanceFacts = { boot, clock: systemClock, logger: createLogger(capture.log) };
  let loaded: LoadedFunction;
  try {
    loaded = await loadFunction(boot.definition);
  } catch (error) {
    port.post([Kind.LoadFailed, 'LoadError', toTypedErrorJson('LoadError', error)]);
    end(1);
    return;
  }
  if (loaded.initializer !== undefined && !boot.loadOnly) {
    try {
      await callHook(loaded.initializer, facts, 'initializer', boot.definition.initializationTimeout);
    } catch (error) {
      const prefix = `the initializer of ${boot.definition.key} failed: `;
      port.post([Kind.LoadFailed, 'InitError', toTypedErrorJson('InitError', error, prefix)]);
      end(1);
      return;
    }
  }

  const runs = new Map<number, Run>();
  let whenIdle = (): void => undefined;
  const parts: RunParts = {
    ...facts,
    handler: loaded.handler,
    send: (message, run) => {
      // What the handler wrote without ending the line comes before its answer.
      capture.flush(run);
      port.post(message);
    },
    warn: (text) => {
      capture.log('warn', text);
    },
    onSettled: (run) => {
      runs.delete(run.number);
      if (runs.size === 0) whenIdle();
    },
  };
  const start = (message: RunMessage): void => {
    const run = new Run(parts, message);
    runs.set(run.number, run);
    currentRun.enter(run, () => {
      run.start(message);
    });
  };
  const stop = async (message: StopMessage): Promise<void> => {
    const until = systemClock.monotonic() + message[1];
    // What still runs was aborted with this message, and has a moment to clean up.
    if (runs.size > 0) {
      await new Promise<void>((resolve) => {
        whenIdle = resolve;
        systemClock.setTimeout(resolve, Math.min(ABORT_GRACE, message[1]));
      });
    }
    if (loaded.preStop !== undefined && !boot.loadOnly) {
      try {
        await callHook(loaded.preStop, facts, 'preStop', until - systemClock.monotonic());
      } catch (error) {
        capture.log('error', `the preStop of ${boot.definition.key} failed: ${toErrorJson(error)}`);
      }
    }
    end(0);
  };

  port.listen((message: ToInstance) => {
    switch (message[0]) {
      case Kind.Run:
        start(message);
        break;
      case Kind.Answer:
      case Kind.Accepted:
      case Kind.Refused:
      case Kind.Result:
        transport.settle(message);
        break;
      case Kind.Abort: {
        const run = runs.get(message[1]);
        if (run !== undefined) {
          currentRun.enter(run, () => {
            run.abort(message[2]);
          });
        }
        break;
      }
      case Kind.Ping:
        port.post([Kind.Pong, message[1]]);
        break;
      case Kind.Stop:
        void stop(message);
        break;
      case Kind.GiveBack:
        // Runs have come since: they would wait for it.
        if (runs.size === 0) giveBackMemory();
        break;
      case Kind.Boot:
        // The entry's business, before there was anybody to listen here.
        break;
    }
  });
  port.post([Kind.Ready]);
}

/** Runs an initializer or preStop; rejects with what it failed with. */
function callHook(hook: LoadedHook, facts: InstanceFacts, name: string, remaining: number): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const controller = new AbortController();
  const context = createContext(facts, {
    requestId: `${facts.boot.instance}:${name}`,
    attempt: 1,
    invokerContext: {},
    remaining,
    signal: () => controller.signal,
  });
  const result = hook(context, (error) => {
    if (error) reject(error);
    else resolve(undefined);
  });
  if (typeof result === 'object' && result !== null && 'then' in result) {
    Promise.resolve(result).then(() => {
      resolve(undefined);
    }, reject);
  }
  return promise;
}

/** Sees to every way an instance can end by itself; returns the way to end it on purpose. */
function installEnd(options: InstanceMainOptions, currentRun: CurrentRun, capture: Capture): (code: number) => void {
  const { boot, port } = options;
  const { key, onUnhandledRejection } = boot.definition;
  const exit = process.exit.bind(process);
  const abort = process.abort.bind(process);
  const leave = (code: number | string | null | undefined): never => {
    capture.flushAll();
    // Handlers of 'exit' may write and send, too: the last flush comes after all of them.
    process.on('exit', () => {
      capture.flushAll();
      port.flushSync();
    });
    port.flushSync();
    return exit(code);
  };
  const die = (type: 'Uncaught' | 'Exit', error: string): void => {
    capture.flushAll();
    port.post([Kind.Dying, type, currentRun.number, error]);
  };

  process.exit = (code) => {
    const shown = code ?? process.exitCode ?? 0;
    die('Exit', toTypedErrorJson('Exit', new Error(`${key} called process.exit(${shown}) while the handler ran`)));
    return leave(code);
  };
  // A thread cannot abort: there it stays the error that Node makes of it.
  if (isMainThread) {
    process.abort = () => {
      die('Exit', toTypedErrorJson('Exit', new Error(`${key} called process.abort() while the handler ran`)));
      port.flushSync();
      return abort();
    };
  }
  process.on('uncaughtException', (error, origin) => {
    // A function that listens itself has taken the matter into its own hands, as in plain Node.
    if (process.listenerCount('uncaughtException') > 1) return;
    const what = origin === 'unhandledRejection' ? 'an unhandled rejection' : 'an uncaught exception';
    die('Uncaught', toTypedErrorJson('Uncaught', error, `${what} ended the instance of ${key}: `));
    leave(1);
  });
  if (onUnhandledRejection === 'warn') {
    process.on('unhandledRejection', (reason) => {
      capture.log('warn', `unhandled rejection in ${key}: ${toErrorJson(reason)}`);
    });
  }
  return leave;
}

function createLogger(log: (level: LogLevel, text: string) => void): InstanceFacts['logger'] {
  const write =
    (level: LogLevel) =>
    (...args: unknown[]): void => {
      log(level, format(...args));
    };
  return { debug: write('debug'), info: write('info'), log: write('info'), warn: write('warn'), error: write('error') };
}
