/**
 * Instances in child processes: the default, because it contains everything a function can do to itself.
 *
 * A child leads a process group of its own, so that ending it ends what it started. It dies with its host: by the
 * parent-death signal where `setpriv` is there (a busy loop too), else when its end of the socket closes, else by the
 * next host's sweep (I9).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Clock, TimerHandle } from '../engine/clock.ts';
import { formatBytes } from '../engine/format.ts';
import type { InstanceExit, InstanceHandle, InstanceListener, Isolation } from '../engine/instance/isolation.ts';
import { Kind, type FromInstance, type InstanceBoot, type ToInstance } from '../engine/protocol.ts';
import { FrameReader, FrameWriter } from '../wall/frames.ts';
import { BATCH_SIZE } from '../wall/batching.ts';
import { SocketOutlet } from '../wall/socket-outlet.ts';
import type { BusyPoll } from './busy-poll.ts';
import { adoptSocket } from './adopt-socket.ts';
import { PROCESS_ENTRY } from './entries.ts';
import { instanceEnvironment } from './environment.ts';
import { heapLimit } from './heap-limit.ts';
import { endGroup, endProcess, type Leftovers } from './leftovers.ts';
import type { MemoryWatch } from './memory-watch.ts';
import { parentDeathSignal } from './parent-death-signal.ts';
import { RawOutput } from './raw-output.ts';

/** ms a killed process has to disappear; only one in an uninterruptible system call takes longer. */
const KILL_LIMIT = 5000;
/** ms that what an ended process left in its socket has to be read. */
const DRAIN_LIMIT = 1000;
/** Bytes that a message may have on top of its payload and its invoker context. */
const FRAME_OVERHEAD = 1024 * 1024;

export interface ProcessIsolationParts {
  readonly clock: Clock;
  readonly watch: MemoryWatch;
  /** Shared by everything that waits for instances; undefined where there is no processor to spare for it. */
  readonly poll: BusyPoll | undefined;
  readonly leftovers: Leftovers;
  /** Whether processes are started so that the kernel ends them with the host, where it can. */
  readonly parentDeathSignal: boolean;
}

export class ProcessIsolation implements Isolation {
  readonly #parts: ProcessIsolationParts;
  readonly #launcher: readonly string[];

  constructor(parts: ProcessIsolationParts) {
    this.#parts = parts;
    this.#launcher = [...(parts.parentDeathSignal ? parentDeathSignal() : []), process.execPath];
  }

  start(boot: InstanceBoot, listener: InstanceListener): InstanceHandle {
    return new ProcessInstance(boot, listener, { ...this.#parts, launcher: this.#launcher });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface ProcessInstanceParts extends ProcessIsolationParts {
  readonly watch: MemoryWatch;
  readonly launcher: readonly string[];
}

class ProcessInstance implements InstanceHandle {
  readonly pid: number | undefined;
  readonly #boot: InstanceBoot;
  readonly #listener: InstanceListener;
  readonly #parts: ProcessInstanceParts;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #outlet: SocketOutlet;
  readonly #reader: FrameReader;
  readonly #writer = new FrameWriter();
  readonly #outputs: RawOutput[];
  readonly #ended = Promise.withResolvers<undefined>();
  /** Messages in the chunk that is being read. */
  #received = 0;
  #scheduled = false;
  #memory = 0;
  #busy = false;
  #killed = false;
  #outOfMemory: string | undefined;
  /** V8 said that its heap is exhausted, right before it aborts. */
  #heapExhausted = false;
  #exit: InstanceExit | undefined;
  #socketOpen = true;
  #gone = false;

  constructor(boot: InstanceBoot, listener: InstanceListener, parts: ProcessInstanceParts) {
    this.#boot = boot;
    this.#listener = listener;
    this.#parts = parts;
    const { definition, settings } = boot;
    const [command = process.execPath, ...launch] = parts.launcher;
    this.#child = spawn(
      command,
      [...launch, `--max-old-space-size=${heapLimit(definition.memorySize)}`, PROCESS_ENTRY],
      {
        cwd: definition.codeUri,
        env: instanceEnvironment(boot),
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      },
    );
    this.pid = this.#child.pid;
    this.#reader = new FrameReader(
      // A payload and an invoker context, each up to the limit.
      2 * Math.max(settings.maxSyncPayload, settings.maxAsyncPayload) + FRAME_OVERHEAD,
      (message) => {
        this.#received += 1;
        if (!this.#gone) listener.message(message as FromInstance);
      },
    );
    const { socket, fd } = adoptSocket(this.#child.stdio[3], (chunk) => {
      this.#receive(chunk);
    });
    this.#socket = socket;
    this.#outlet = new SocketOutlet(socket, (bytes) => writeSync(fd, bytes), parts.clock);
    this.#socket.on('error', () => {
      // The process is ending; its 'exit' says how.
    });
    this.#socket.on('close', () => {
      this.#socketOpen = false;
      this.#endIfComplete();
    });
    this.#outputs = [
      new RawOutput(this.#child.stdout, 'info', listener, parts.clock),
      new RawOutput(this.#child.stderr, 'error', listener, parts.clock, (text) => {
        // The one sign V8 gives: it prints this line, and aborts.
        this.#heapExhausted ||= text.includes('JavaScript heap out of memory');
      }),
    ];
    this.#child.on('error', (error) => {
      if (this.pid !== undefined) return;
      this.#socketOpen = false;
      // The system's message names the program, not the working directory, whichever of the two is missing.
      const detail = existsSync(definition.codeUri)
        ? error.message
        : `its codeUri is ${definition.codeUri}, and the directory does not exist`;
      this.#exited({ kind: 'spawnFailed', detail });
    });
    this.#child.on('exit', (code, signal) => {
      this.#exited(signal === null ? { kind: 'code', code: code ?? 0 } : { kind: 'signal', signal });
    });
    if (this.pid === undefined) return;
    parts.leftovers.record(this.pid);
    parts.watch.add(this);
    this.send([Kind.Boot, JSON.stringify(boot)]);
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
  }

  send(message: ToInstance): void {
    if (this.#exit !== undefined || !this.#socketOpen) return;
    this.#writer.write(message);
    if (this.#writer.pending >= BATCH_SIZE) this.#leave();
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.#flush);
  }

  kill(): void {
    if (this.#killed || this.#gone || this.pid === undefined) return;
    this.#killed = true;
    endProcess(this.pid);
    this.#later(KILL_LIMIT, () => {
      if (this.#exit === undefined) this.#end({ kind: 'givenUp', ended: this.#ended.promise });
    });
  }

  sample(): void {
    if (this.pid === undefined || this.#exit !== undefined) return;
    const memory = anonymousMemory(this.pid);
    if (memory === undefined) return;
    this.#memory = memory;
    const { memorySize } = this.#boot.definition;
    if (memory <= memorySize) return;
    this.#outOfMemory ??= `it held ${formatBytes(memory)}`;
    this.kill();
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#socketOpen && !this.#writer.empty) this.#leave();
  };

  #leave(): void {
    if (this.#outlet.write(this.#writer.take())) this.#writer.rewind();
  }

  #receive(chunk: Buffer): void {
    this.#received = 0;
    try {
      this.#reader.push(chunk);
      this.#parts.poll?.touch(this.#received);
    } catch (error) {
      // It does not speak the protocol: whatever it has become, it is not an instance any more.
      this.#listener.output('error', `the instance broke the protocol: ${String(error)}`);
      this.kill();
    }
  }

  #exited(exit: InstanceExit): void {
    this.#ended.resolve(undefined);
    const outOfMemory = this.#outOfMemory ?? (this.#heapExhausted ? 'its heap was exhausted' : undefined);
    const limit = formatBytes(this.#boot.definition.memorySize);
    this.#exit =
      outOfMemory === undefined ? exit : { kind: 'outOfMemory', detail: `${outOfMemory} (memorySize ${limit})` };
    if (this.pid !== undefined) {
      // What it started goes with it.
      endGroup(this.pid);
      this.#parts.leftovers.forget(this.pid);
    }
    this.#later(DRAIN_LIMIT, () => {
      this.#socketOpen = false;
      this.#endIfComplete();
    });
    this.#endIfComplete();
  }

  /** The process has ended and everything it sent was read. */
  #endIfComplete(): void {
    if (this.#exit !== undefined && !this.#socketOpen) this.#end(this.#exit);
  }

  #end(exit: InstanceExit): void {
    if (this.#gone) return;
    for (const output of this.#outputs) output.close();
    this.#parts.watch.delete(this);
    this.#socket.destroy();
    this.#gone = true;
    this.#listener.exited(exit);
  }

  #later(delay: number, callback: () => void): void {
    const timer: TimerHandle = this.#parts.clock.setTimeout(callback, delay);
    timer.unref?.();
  }
}

/** Bytes that are a process's own (not pages of files it shares with others); undefined where /proc is missing. */
function anonymousMemory(pid: number): number | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return undefined;
  }
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return (kilobytes('RssAnon') + kilobytes('RssShmem')) * 1024;
}
