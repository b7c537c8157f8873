/** What a command gets of the process it runs in; `main` makes it, and nothing else in cli/ touches `process`. */
import type { Readable, Writable } from 'node:stream';
import type { HostFacts } from '../config/host-facts.ts';

export interface Output {
  readonly stream: Writable;
  /** Whether a person reads it right away. */
  readonly isTerminal: boolean;
  /** Whether it shows colours. */
  readonly colour: boolean;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface CliContext {
  readonly facts: HostFacts;
  readonly pid: number;
  /** The Node that runs this: absolute. */
  readonly execPath: string;
  /** Bytes that this process holds. */
  readRss(): number;
  /** Whether a process of this machine runs; one that has ended and was not collected does not. */
  isAlive(pid: number): boolean;
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Calls `handler` for each request to stop; returns what ends that. Without a handler a signal ends the process. */
  onStopSignal(handler: (signal: StopSignal) => void): () => void;
  /** Threads remain that cannot be ended: the process does not wait for them when the command is over. */
  leaveThreads(): void;
  /** Ends the process now, whatever runs in its threads; the kernel ends the functions' processes with it. */
  exit(code: number): never;
}

/**
 * Writes `text` and waits until the reader has it, or is gone: who closes a pipe early has seen enough, and that is
 * no failure of the command.
 */
export function print(output: Output, text: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    output.stream.write(text, () => resolve());
  });
}
