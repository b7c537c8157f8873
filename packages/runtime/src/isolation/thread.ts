/**
 * Instances in worker threads: the lowest latency, for trusted code.
 *
 * Contains JavaScript busy loops, external memory, exits and uncaught errors. It does not contain heap exhaustion in
 * every case, nor native code that blocks or crashes: those take the host along (docs/decisions).
 */
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads';
import type { Clock } from '../engine/clock.ts';
import type { InstanceExit, InstanceHandle, InstanceListener, Isolation } from '../engine/instance/isolation.ts';
import { Kind, type FromInstance, type InstanceBoot, type ToInstance } from '../engine/protocol.ts';
import { formatBytes } from '../engine/format.ts';
import { BATCH_SIZE } from '../wall/batching.ts';
import { transferables } from '../wall/transferables.ts';
import type { BusyPoll } from './busy-poll.ts';
import { THREAD_ENTRY } from './entries.ts';
import { instanceEnvironment } from './environment.ts';
import { Growth } from './growth.ts';
import { heapLimit } from './heap-limit.ts';
import type { MemoryWatch } from './memory-watch.ts';

/** ms after which a thread that does not end is given up. */
const KILL_LIMIT = 1000;
/** ms without a call after which an instance may be asked to give memory back: it stands still meanwhile, 10 to 45 ms. */
const IDLE = 1000;

export class ThreadIsolation implements Isolation {
  readonly #clock: Clock;
  readonly #watch: MemoryWatch;
  readonly #poll: BusyPoll | undefined;
  readonly #givenUp = new Set<Promise<unknown>>();

  /** `poll`: shared by everything that waits for instances; undefined where there is no processor to spare for it. */
  constructor(clock: Clock, watch: MemoryWatch, poll: BusyPoll | undefined) {
    this.#clock = clock;
    this.#watch = watch;
    this.#poll = poll;
  }

  /** Threads that did not end when they were told to and still have not: the host's process cannot end by itself. */
  get givenUp(): number {
    return this.#givenUp.size;
  }

  start(boot: InstanceBoot, listener: InstanceListener): InstanceHandle {
    return new ThreadInstance(boot, listener, {
      clock: this.#clock,
      watch: this.#watch,
      poll: this.#poll,
      onGivenUp: (ended) => {
        this.#givenUp.add(ended);
        void ended.then(() => this.#givenUp.delete(ended));
      },
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface ThreadInstanceParts {
  readonly clock: Clock;
  readonly watch: MemoryWatch;
  readonly poll: BusyPoll | undefined;
  readonly onGivenUp: (ended: Promise<unknown>) => void;
}

class ThreadInstance implements InstanceHandle {
  readonly pid = undefined;
  readonly #boot: InstanceBoot;
  readonly #listener: InstanceListener;
  readonly #parts: ThreadInstanceParts;
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #ended = Promise.withResolvers<undefined>();
  #batch: ToInstance[] = [];
  readonly #growth = new Growth();
  #memory = 0;
  #idleSince = 0;
  #busy = false;
  #sampling = false;
  #killed = false;
  #outOfMemory: string | undefined;
  #gone = false;

  constructor(boot: InstanceBoot, listener: InstanceListener, parts: ThreadInstanceParts) {
    this.#boot = boot;
    this.#listener = listener;
    this.#parts = parts;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#port.on('message', (messages: readonly FromInstance[]) => {
      this.#receive(messages);
    });
    this.#worker = new Worker(THREAD_ENTRY, {
      name: boot.instance,
      workerData: { boot, port: port2 },
      transferList: [port2],
      env: instanceEnvironment(boot),
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapLimit(boot.definition.memorySize) },
    });
    this.#worker.stdout.on('data', (chunk: Buffer) => {
      listener.output('info', chunk.toString('utf8').trimEnd());
    });
    this.#worker.stderr.on('data', (chunk: Buffer) => {
      listener.output('error', chunk.toString('utf8').trimEnd());
    });
    this.#worker.on('error', (error: unknown) => {
      // Only what the entry could not tell itself comes this way: above all, that its heap is exhausted.
      const outOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      if (outOfMemory) this.#outOfMemory = 'its heap was exhausted';
      else listener.output('error', String(error));
    });
    this.#worker.on('exit', (code) => {
      this.#ended.resolve(undefined);
      this.#end(
        this.#outOfMemory === undefined
          ? { kind: 'code', code }
          : {
              kind: 'outOfMemory',
              detail: `${this.#outOfMemory} (memorySize ${formatBytes(boot.definition.memorySize)})`,
            },
      );
    });
    parts.watch.add(this);
  }

  get memory(): number {
    return this.#memory;
  }

  get busy(): boolean {
    return this.#busy;
  }

  set busy(busy: boolean) {
    this.#busy = busy;
    if (busy) this.#parts.watch.wake();
    else this.#idleSince = this.#parts.clock.monotonic();
  }

  send(message: ToInstance): void {
    const size = this.#batch.push(message);
    if (size === 1) process.nextTick(this.#flush);
    else if (size >= BATCH_SIZE) this.#flush();
  }

  kill(): void {
    if (this.#killed || this.#gone) return;
    this.#killed = true;
    void this.#worker.terminate();
    // terminate() waits for a blocking native call to return, which may be never.
    this.#parts.clock
      .setTimeout(() => {
        if (this.#gone) return;
        this.#worker.unref();
        this.#parts.onGivenUp(this.#ended.promise);
        this.#end({ kind: 'givenUp', ended: this.#ended.promise });
      }, KILL_LIMIT)
      .unref?.();
  }

  sample(): void {
    if (this.#sampling || this.#gone) return;
    this.#sampling = true;
    this.#worker.getHeapStatistics().then(
      (statistics) => {
        this.#sampling = false;
        this.#memory = statistics.used_heap_size + statistics.external_memory;
        this.#checkMemory();
        const now = this.#parts.clock.monotonic();
        const idle = !this.#busy && now - this.#idleSince >= IDLE;
        if (this.#growth.look(statistics.total_physical_size, idle, now)) this.send([Kind.GiveBack]);
      },
      () => {
        // The thread is ending: 'exit' tells the rest.
        this.#sampling = false;
      },
    );
  }

  #checkMemory(): void {
    const { memorySize } = this.#boot.definition;
    if (this.#memory <= memorySize || this.#gone) return;
    this.#outOfMemory ??= `it held ${formatBytes(this.#memory)}`;
    this.kill();
  }

  #receive(messages: readonly FromInstance[]): void {
    try {
      this.#parts.poll?.touch(messages.length);
      for (const message of messages) {
        if (this.#gone) return;
        this.#listener.message(message);
      }
    } catch (error) {
      // It does not speak the protocol: whatever it has become, it is not an instance any more.
      this.#listener.output('error', `the instance broke the protocol: ${String(error)}`);
      this.kill();
    }
  }

  #end(exit: InstanceExit): void {
    if (this.#gone) return;
    // What it sent before it ended is still in the port, and comes first.
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      this.#receive(next.message as readonly FromInstance[]);
    }
    this.#gone = true;
    this.#parts.watch.delete(this);
    this.#port.close();
    this.#listener.exited(exit);
  }

  readonly #flush = (): void => {
    const messages = this.#batch;
    if (messages.length === 0) return;
    this.#batch = [];
    if (!this.#gone) this.#port.postMessage(messages, transferables(messages));
  };
}
