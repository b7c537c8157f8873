/**
 * What surrounds the instance loop (engine/handler/instance-loop.ts) in a thread or a process: the port, captured output,
 * the SDK's names, and every way the process can end.
 *
 * Whatever ends it (an uncaught error, process.exit, a stop) is told first, after everything that had settled before.
 */
import { format } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { setTransportProvider } from '@edgefc/sdk/internal';
import { systemClock } from '../engine/clock.ts';
import type { InstanceFacts } from '../engine/handler/context.ts';
import { CurrentRun } from '../engine/handler/current-run.ts';
import { toErrorJson, toTypedErrorJson } from '../engine/handler/error-payload.ts';
import { InFunctionTransport } from '../engine/handler/in-function-transport.ts';
import { InstanceLoop } from '../engine/handler/instance-loop.ts';
import { Kind, PROTOCOL_VERSION, type InstanceBoot, type LogLevel } from '../engine/protocol.ts';
import { giveBackMemory } from '../wall/give-back.ts';
import { installCapture, type Capture } from './capture.ts';
import { loadFunction } from './load-handler.ts';
import { installModuleHooks } from './module-hooks.ts';
import type { WallPort } from './wall-port.ts';

export interface InstanceMainOptions {
  readonly boot: InstanceBoot;
  readonly port: WallPort;
  /** File URL of the entry, from where the SDK is found. */
  readonly home: string;
}

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
  const transport = new InFunctionTransport(
    boot.settings,
    () => currentRun.number,
    (message) => {
      port.post(message);
    },
  );
  setTransportProvider(() => transport);
  installModuleHooks(options.home);

  const loop = new InstanceLoop({
    boot,
    clock: systemClock,
    logger: createLogger(capture.log),
    transport,
    load: async () => {
      assertSameVersion(boot);
      return loadFunction(boot.definition);
    },
    post: (message) => {
      port.post(message);
    },
    enter: (run, callback) => {
      currentRun.enter(run, callback);
    },
    log: capture.log,
    flush: (run) => {
      capture.flush(run);
    },
    giveBackMemory,
    end,
  });
  port.listen((message) => {
    loop.message(message);
  });
  await loop.start();
}

/** The packages of a host that runs may be replaced under it: then its next instance starts from the new ones. */
function assertSameVersion({ protocolVersion }: InstanceBoot): void {
  if (protocolVersion === PROTOCOL_VERSION) return;
  throw new Error(
    `@edgefc/runtime was replaced while this host runs (it speaks version ${protocolVersion} with its functions, and what is installed now ` +
      `${PROTOCOL_VERSION}); restart the host: edgefc stop, then edgefc start`,
  );
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
