/** One instance in the process of the test: the instance loop, and what surrounds it there. */
import { format } from 'node:util';
import {
  InFunctionTransport,
  InstanceLoop,
  Kind,
  type Clock,
  type FromInstance,
  type InstanceBoot,
  type InstanceExit,
  type InstanceHandle,
  type InstanceListener,
  type LoadedFunction,
  type LogLevel,
  type Run,
  type ToInstance,
} from '@edgefc/runtime/testing';
import { currentFrame, enterFrame, type Frame, type FrameTime } from '../frame.ts';
import { InstanceProcess } from './instance-process.ts';
import { loadFresh } from './installed.ts';
import { Mailbox, type Traffic } from './mailbox.ts';
import { InstanceOutput } from './output.ts';

export interface InstanceParts {
  /** Whose instances these are. */
  readonly host: object;
  /** The host's clock: timeouts of the instance loop, deadlines in the context. */
  readonly clock: Clock;
  /** What the functions' own timers and dates go by; undefined: real time. */
  readonly time: FrameTime | undefined;
  /** What of functions is there as code, by `Service/function`; the rest is loaded. */
  readonly inline: Pick<ReadonlyMap<string, Partial<LoadedFunction>>, 'get'>;
  readonly traffic: Traffic;
}

/** What the code of an instance runs in: loading, hooks and messages outside of any run, a handler in its own. */
interface InstanceFrame extends Frame {
  readonly run: Run | undefined;
}

export class InProcessInstance implements InstanceHandle {
  readonly pid = undefined;
  /** Not to be told from the test's own. */
  readonly memory = 0;
  busy = false;
  readonly #listener: InstanceListener;
  readonly #time: FrameTime | undefined;
  readonly #fromHost: Mailbox<ToInstance>;
  readonly #toHost: Mailbox<FromInstance>;
  readonly #output: InstanceOutput;
  readonly #process: InstanceProcess;
  readonly #loop: InstanceLoop;
  #started = false;
  /** Set when it ends; what its code does from then on nobody hears of. */
  #exit: InstanceExit | undefined;
  #gone = false;

  constructor(boot: InstanceBoot, listener: InstanceListener, parts: InstanceParts) {
    const { host, clock, inline, time, traffic } = parts;
    this.#listener = listener;
    this.#time = time;
    this.#fromHost = new Mailbox('this turn', traffic, (messages) => {
      this.#receive(messages);
    });
    this.#toHost = new Mailbox('next turn', traffic, (messages) => {
      this.#deliver(messages);
    });
    const post = (message: FromInstance): void => {
      if (this.#exit === undefined) this.#toHost.post(message);
    };
    const currentRun = (): Run | undefined => this.#currentRun();
    const transport = new InFunctionTransport(boot.settings, () => currentRun()?.number ?? 0, post);
    this.#output = new InstanceOutput(currentRun, (level, text, requestId) => {
      post([Kind.Log, requestId, level, text]);
    });
    const end = (code: number): void => {
      this.#end(code);
    };
    this.#process = new InstanceProcess({
      host,
      boot,
      transport,
      output: this.#output,
      currentRun,
      ended: () => this.#exit !== undefined,
      dying: (type, error) => {
        this.#output.flushAll();
        post([Kind.Dying, type, currentRun()?.number ?? 0, error]);
      },
      end,
    });
    const log = (level: LogLevel, text: string): void => {
      this.#output.log(level, text);
    };
    this.#loop = new InstanceLoop({
      boot,
      clock,
      logger: createLogger(log),
      transport,
      load: () => loadFresh(boot.definition, inline.get(boot.definition.key)),
      post,
      enter: (run, callback) => {
        enterFrame(this.#frameOf(run), callback);
      },
      log,
      flush: (run) => {
        this.#output.flush(run);
      },
      giveBackMemory: () => undefined, // One heap for everything.
      end,
    });
    this.#fromHost.schedule();
  }

  send(message: ToInstance): void {
    if (this.#exit === undefined) this.#fromHost.post(message);
  }

  /** Cuts it off: its code may go on, but nobody hears of it. */
  kill(): void {
    this.#cutOff({ kind: 'code', code: 1 });
  }

  /** The first delivery, and be it of nothing, starts it. */
  #receive(messages: readonly ToInstance[]): void {
    enterFrame(this.#frameOf(undefined), () => {
      if (!this.#started && this.#exit === undefined) {
        this.#started = true;
        void this.#loop.start();
      }
      for (const message of messages) {
        if (this.#exit === undefined) this.#loop.message(message);
      }
    });
  }

  #deliver(messages: readonly FromInstance[]): void {
    try {
      for (const message of messages) this.#listener.message(message);
    } catch (error) {
      // It does not speak the protocol: whatever it has become, it is not an instance any more.
      this.#listener.output('error', `the instance broke the protocol: ${String(error)}`);
      this.kill();
    }
    if (this.#exit === undefined || this.#gone) return;
    this.#gone = true;
    this.#listener.exited(this.#exit);
  }

  /** Ends as a process does. */
  #end(code: number): void {
    if (this.#exit !== undefined) return;
    this.#process.exiting(code);
    this.#output.flushAll();
    this.#cutOff({ kind: 'code', code });
  }

  #cutOff(exit: InstanceExit): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    this.#process.listeners.removeAllListeners();
    this.#time?.clock.dropTimersOf(this.#process.instance);
    this.#toHost.schedule();
  }

  #frameOf(run: Run | undefined): InstanceFrame {
    return { time: this.#time, seat: this.#process, run };
  }

  #currentRun(): Run | undefined {
    const frame = currentFrame();
    return frame?.seat === this.#process && isInstanceFrame(frame) ? frame.run : undefined;
  }
}

function isInstanceFrame(frame: Frame): frame is InstanceFrame {
  return 'run' in frame;
}

function createLogger(log: (level: LogLevel, text: string) => void): {
  readonly [Level in LogLevel | 'log']: (...args: unknown[]) => void;
} {
  const write =
    (level: LogLevel) =>
    (...args: unknown[]): void => {
      log(level, format(...args));
    };
  return { debug: write('debug'), info: write('info'), log: write('info'), warn: write('warn'), error: write('error') };
}
