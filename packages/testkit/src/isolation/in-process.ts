/**
 * Instances without a wall, in the process of the test: the testkit's adapter of the Isolation port.
 *
 * Each has its own modules (where they are CommonJS), environment, output, listeners on `process` and end, told apart by the
 * frame that its code runs in. What it sends and gets is copied as across a wall. It contains what can be contained without
 * one: exits, uncaught errors, rejections. Endless loops and exhausted memory are the whole process's.
 */
import type { InstanceBoot, InstanceHandle, InstanceListener, Isolation } from '@edgefc/runtime/testing';
import { InProcessInstance, type InstanceParts } from './in-process-instance.ts';
import { installHere } from './install.ts';
import type { Traffic } from './mailbox.ts';

export type InProcessParts = Omit<InstanceParts, 'traffic'>;

export class InProcessIsolation implements Isolation {
  readonly #parts: InProcessParts;
  readonly #traffic: Traffic = { underWay: 0 };

  constructor(parts: InProcessParts) {
    this.#parts = parts;
    // The runner may have given this test file a console of its own.
    installHere();
  }

  /** Whether messages are under way between instances and the host: then things go on without time. */
  get busy(): boolean {
    return this.#traffic.underWay > 0;
  }

  start(boot: InstanceBoot, listener: InstanceListener): InstanceHandle {
    return new InProcessInstance(boot, listener, { ...this.#parts, traffic: this.#traffic });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
