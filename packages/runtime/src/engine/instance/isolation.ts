/**
 * The Isolation port: one way to keep a copy of a function apart from everything else.
 *
 * Threads and processes are the runtime's adapters, in-process is the testkit's. The engine starts an instance, sends
 * and receives protocol messages, and can end it against its will; how, is the adapter's business.
 */
import type { FromInstance, InstanceBoot, LogLevel, ToInstance } from '../protocol.ts';

export interface Isolation {
  /** Starts an instance. Never throws: what fails is told through `listener.exited`. */
  start(boot: InstanceBoot, listener: InstanceListener): InstanceHandle;
  /** Releases what the adapter holds beyond its instances; all of them are gone by then. */
  close(): Promise<void>;
}

/** The engine's ear. */
export interface InstanceListener {
  /** @throws when it is not what the protocol says; the instance is to be ended then. */
  message(message: FromInstance): void;
  /** Output that did not come as a Log message (raw file descriptors, grandchildren). */
  output(level: LogLevel, text: string): void;
  /** The instance is gone and its messages were delivered. Called exactly once, last. */
  exited(exit: InstanceExit): void;
}

/** The engine's hand. */
export interface InstanceHandle {
  /** Process id, where the instance has one of its own. */
  readonly pid: number | undefined;
  /** Bytes the instance was last seen to hold. */
  readonly memory: number;
  /** Whether invocations run in it: what is busy is watched closely. */
  busy: boolean;
  /** Sends a message; dropped when the instance is gone. */
  send(message: ToInstance): void;
  /** Ends it with everything it started; `exited` follows, or is called with `givenUp` after a bounded time. */
  kill(): void;
}

/** How an instance ended, as its adapter saw it. */
export type InstanceExit =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'outOfMemory'; readonly detail: string }
  | { readonly kind: 'spawnFailed'; readonly detail: string }
  /** It could not be ended in time; it is cut off, and still holds what it holds until `ended` resolves. */
  | { readonly kind: 'givenUp'; readonly ended: Promise<unknown> };

export function describeExit(exit: InstanceExit): string {
  switch (exit.kind) {
    case 'code':
      return `exited with code ${exit.code}`;
    case 'signal':
      return `was ended by ${exit.signal}`;
    case 'outOfMemory':
      return `ran out of memory: ${exit.detail}`;
    case 'spawnFailed':
      return `could not be started: ${exit.detail}`;
    case 'givenUp':
      return 'did not end when it was killed, and is given up';
  }
}
