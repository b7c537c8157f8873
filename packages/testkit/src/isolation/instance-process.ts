/**
 * What `process` and `console` are to the code of one instance: its environment, output, listeners, and the ways it ends by
 * itself. As worker/instance-main.ts in the runtime does it for a process of its own.
 */
import { EventEmitter } from 'node:events';
import { format } from 'node:util';
import {
  instanceEnvironment,
  toErrorJson,
  toTypedErrorJson,
  type InFunctionTransport,
  type InstanceBoot,
  type LogLevel,
  type Run,
} from '@edgefc/runtime/testing';
import { createConsole, type InstanceOutput } from './output.ts';
import type { Environment, InstanceSeat, StreamName } from './seat.ts';

export interface InstanceProcessParts {
  readonly host: object;
  readonly boot: InstanceBoot;
  readonly transport: InFunctionTransport;
  readonly output: InstanceOutput;
  readonly currentRun: () => Run | undefined;
  /** Whether it has ended: whatever its code does from then on, nobody hears of it. */
  readonly ended: () => boolean;
  /** Tells why it is about to end. */
  readonly dying: (type: 'Uncaught' | 'Exit', error: string) => void;
  readonly end: (code: number) => void;
}

/** What `process.exit()` throws, so that the code which called it does not go on. The instance has ended by then. */
class InstanceEnded extends Error {
  override readonly name = 'InstanceEnded';

  constructor(how: string) {
    super(`${how}: the instance has ended, and this only stops the code that called it`);
  }
}

export class InstanceProcess implements InstanceSeat {
  readonly host: object;
  readonly instance: string;
  readonly transport: InFunctionTransport;
  readonly listeners: EventEmitter = new EventEmitter();
  readonly #parts: InstanceProcessParts;
  #env: Environment;
  #console: Console | undefined;

  constructor(parts: InstanceProcessParts) {
    this.#parts = parts;
    this.host = parts.host;
    this.instance = parts.boot.instance;
    this.transport = parts.transport;
    this.#env = instanceEnvironment(parts.boot);
  }

  get gone(): boolean {
    return this.#parts.ended();
  }

  get env(): Environment {
    return this.#env;
  }

  replaceEnv(env: Environment): void {
    this.#env = env;
  }

  get console(): Console {
    this.#console ??= createConsole((level, text) => {
      this.write(level, text);
    });
    return this.#console;
  }

  write(level: LogLevel, text: string): void {
    this.#parts.output.log(level, text);
  }

  output(stream: StreamName, chunk: Uint8Array | string): void {
    this.#parts.output.push(stream, chunk);
  }

  exit(code: number): never {
    return this.#leave(`process.exit(${code})`, code);
  }

  abort(): never {
    return this.#leave('process.abort()', 134); // What a shell reports of SIGABRT.
  }

  crash(error: unknown): void {
    this.#uncaught(error, 'uncaughtException');
  }

  rejected(reason: unknown, promise: unknown): void {
    if (this.gone) return;
    const { key, onUnhandledRejection } = this.#parts.boot.definition;
    const warns = onUnhandledRejection === 'warn';
    if (warns) this.write('warn', `unhandled rejection in ${key}: ${toErrorJson(reason)}`);
    if (this.listeners.listenerCount('unhandledRejection') > 0) {
      this.#tell('unhandledRejection', reason, promise);
    } else if (!warns) this.#uncaught(reason, 'unhandledRejection');
  }

  /** Tells those who listen to 'exit'; they may still write and send. */
  exiting(code: number): void {
    const listeners = this.listeners.rawListeners('exit');
    // Once, also when one of them exits again.
    this.listeners.removeAllListeners('exit');
    for (const listener of listeners) {
      try {
        Reflect.apply(listener, process, [code]);
      } catch (error) {
        if (!(error instanceof InstanceEnded)) this.write('error', format(error));
      }
    }
  }

  #leave(how: string, code: number): never {
    if (!this.gone) {
      const error = new Error(`${this.#parts.boot.definition.key} called ${how} while the handler ran`);
      this.#parts.dying('Exit', toTypedErrorJson('Exit', error));
      this.#parts.end(code);
    }
    throw new InstanceEnded(how);
  }

  /** Nobody in the function caught `error`. */
  #uncaught(error: unknown, origin: 'uncaughtException' | 'unhandledRejection'): void {
    if (this.gone || error instanceof InstanceEnded) return;
    // A function that listens itself has taken the matter into its own hands, as in plain Node.
    if (this.listeners.listenerCount('uncaughtException') > 0) {
      this.#tell('uncaughtException', error, origin);
      return;
    }
    const what = origin === 'unhandledRejection' ? 'an unhandled rejection' : 'an uncaught exception';
    this.#fail(error, `${what} ended the instance of ${this.#parts.boot.definition.key}: `);
  }

  /** Calls the function's own listeners; one that throws ends the instance. */
  #tell(event: string, ...args: unknown[]): void {
    try {
      this.listeners.emit(event, ...args);
    } catch (error) {
      if (this.gone) return;
      this.#fail(error, `an uncaught exception ended the instance of ${this.#parts.boot.definition.key}: `);
    }
  }

  #fail(error: unknown, prefix: string): void {
    this.#parts.dying('Uncaught', toTypedErrorJson('Uncaught', error, prefix));
    this.#parts.end(1);
  }
}
