/**
 * An instance from its boot to its end, whatever keeps it apart: loads the function, runs what the host sends, carries
 * its calls, and stops.
 *
 * Threads and processes surround it with a port, captured output and the ways a process can end (worker/instance-main.ts);
 * the testkit's in-process isolation surrounds it with those of a test. What a function sees of it is the same.
 */
import type { Logger } from '@edgefc/sdk/internal';
import type { Clock } from '../clock.ts';
import {
  Kind,
  type FromInstance,
  type InstanceBoot,
  type LogLevel,
  type RunMessage,
  type StopMessage,
  type ToInstance,
} from '../protocol.ts';
import { createContext, type InstanceFacts } from './context.ts';
import { toErrorJson, toTypedErrorJson } from './error-payload.ts';
import type { InFunctionTransport } from './in-function-transport.ts';
import type { LoadedFunction, LoadedHook } from './loaded-function.ts';
import { Run, type RunParts } from './run.ts';

/** What an instance stands on. */
export interface Surroundings {
  readonly boot: InstanceBoot;
  readonly clock: Clock;
  /** What functions have as `context.logger`. */
  readonly logger: Logger;
  readonly transport: Pick<InFunctionTransport, 'settle'>;
  /** Loads what the boot names; rejects with what is to be told. */
  readonly load: () => Promise<LoadedFunction>;
  readonly post: (message: FromInstance) => void;
  /** Calls `callback` such that the code it runs is known to belong to `run`. */
  readonly enter: (run: Run, callback: () => void) => void;
  /** Writes a line about the function, past its own console. */
  readonly log: (level: LogLevel, text: string) => void;
  /** Sends what the run wrote without ending the line. */
  readonly flush: (run: Run) => void;
  readonly giveBackMemory: () => void;
  /** Ends the instance, after everything that was posted. */
  readonly end: (code: number) => void;
}

/** ms that aborted handlers have to settle before their instance runs preStop and ends. */
const ABORT_GRACE = 500;

export class InstanceLoop {
  readonly #to: Surroundings;
  readonly #facts: InstanceFacts;
  readonly #runs = new Map<number, Run>();
  #loaded: LoadedFunction | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(surroundings: Surroundings) {
    this.#to = surroundings;
    const { boot, clock, logger } = surroundings;
    this.#facts = { boot, clock, logger };
  }

  /** Loads and initializes, and says how that went. Messages may come meanwhile: an initializer may call functions. */
  async start(): Promise<void> {
    const { boot, post, end } = this.#to;
    let loaded: LoadedFunction;
    try {
      loaded = await this.#to.load();
    } catch (error) {
      post([Kind.LoadFailed, 'LoadError', toTypedErrorJson('LoadError', error)]);
      end(1);
      return;
    }
    if (loaded.initializer !== undefined && !boot.loadOnly) {
      try {
        await this.#callHook(loaded.initializer, 'initializer', boot.definition.initializationTimeout);
      } catch (error) {
        const prefix = `the initializer of ${boot.definition.key} failed: `;
        post([Kind.LoadFailed, 'InitError', toTypedErrorJson('InitError', error, prefix)]);
        end(1);
        return;
      }
    }
    this.#loaded = loaded;
    post([Kind.Ready]);
  }

  /** A message of the host's. */
  message(message: ToInstance): void {
    switch (message[0]) {
      case Kind.Run:
        this.#run(message);
        break;
      case Kind.Answer:
      case Kind.Accepted:
      case Kind.Refused:
      case Kind.Result:
        this.#to.transport.settle(message);
        break;
      case Kind.Abort: {
        const run = this.#runs.get(message[1]);
        if (run !== undefined) {
          this.#to.enter(run, () => {
            run.abort(message[2]);
          });
        }
        break;
      }
      case Kind.Ping:
        this.#to.post([Kind.Pong, message[1]]);
        break;
      case Kind.Stop:
        void this.#stop(message);
        break;
      case Kind.GiveBack:
        // Runs have come since: they would wait for it.
        if (this.#runs.size === 0) this.#to.giveBackMemory();
        break;
      case Kind.Boot:
        // The entry's business, before there was anybody to listen here.
        break;
    }
  }

  #run(message: RunMessage): void {
    if (this.#loaded === undefined) throw new Error('edgefc: a run for an instance that is not ready; this is a bug');
    const run = new Run(this.#partsOf(this.#loaded), message);
    this.#runs.set(run.number, run);
    this.#to.enter(run, () => {
      run.start(message);
    });
  }

  #parts: RunParts | undefined;

  #partsOf({ handler }: LoadedFunction): RunParts {
    this.#parts ??= {
      ...this.#facts,
      handler,
      send: (message, run) => {
        // What the handler wrote without ending the line comes before its answer.
        this.#to.flush(run);
        this.#to.post(message);
      },
      warn: (text) => {
        this.#to.log('warn', text);
      },
      onSettled: (run) => {
        this.#runs.delete(run.number);
        if (this.#runs.size === 0) this.#whenIdle?.();
      },
    };
    return this.#parts;
  }

  async #stop(message: StopMessage): Promise<void> {
    const { boot, clock, end } = this.#to;
    const until = clock.monotonic() + message[1];
    // What still runs was aborted with this message, and has a moment to clean up.
    if (this.#runs.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
        clock.setTimeout(resolve, Math.min(ABORT_GRACE, message[1]));
      });
    }
    const preStop = this.#loaded?.preStop;
    if (preStop !== undefined && !boot.loadOnly) {
      try {
        await this.#callHook(preStop, 'preStop', until - clock.monotonic());
      } catch (error) {
        this.#to.log('error', `the preStop of ${boot.definition.key} failed: ${toErrorJson(error)}`);
      }
    }
    end(0);
  }

  /** Runs an initializer or preStop; rejects with what it failed with. */
  #callHook(hook: LoadedHook, name: string, remaining: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const controller = new AbortController();
    const context = createContext(this.#facts, {
      requestId: `${this.#facts.boot.instance}:${name}`,
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
}
