/** The in-process isolation as the engine has it: messages in, messages out, and the end. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  gatherHostFacts,
  Kind,
  PROTOCOL_VERSION,
  resolveUnknown,
  systemClock,
  type FromInstance,
  type InstanceBoot,
  type InstanceExit,
  type InstanceHandle,
  type LoadedHandler,
} from '@edgefc/runtime/testing';
import { currentFrame } from '../../src/frame.ts';
import { InProcessIsolation } from '../../src/isolation/in-process.ts';

const ROOT = fileURLToPath(new URL('.', import.meta.url));

/** One instance, and what it told, in order. */
class Told {
  readonly messages: FromInstance[] = [];
  readonly outputs: string[] = [];
  readonly exits: InstanceExit[] = [];
  /** Frames that the engine was called in. */
  readonly frames: unknown[] = [];
  readonly handle: InstanceHandle;
  #waiting: (() => void)[] = [];

  constructor(handler: LoadedHandler, breaks: (message: FromInstance) => boolean = () => false) {
    const isolation = new InProcessIsolation({
      host: this,
      clock: systemClock,
      time: undefined,
      inline: new Map([['Test/one', { handler }]]),
    });
    this.handle = isolation.start(boot(), {
      message: (message) => {
        this.frames.push(currentFrame());
        if (this.exits.length > 0) throw new Error('a message after the end');
        this.messages.push(message);
        this.#wake();
        if (breaks(message)) throw new Error('no such message');
      },
      output: (level, text) => this.outputs.push(`${level} ${text}`),
      exited: (exit) => {
        this.frames.push(currentFrame());
        this.exits.push(exit);
        this.#wake();
      },
    });
  }

  get kinds(): number[] {
    return this.messages.map(([kind]) => kind);
  }

  run(event: string | Uint8Array): void {
    this.handle.send([Kind.Run, 1, event, 'r1', null, 1, 5000]);
  }

  /** Resolves as soon as `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function boot(): InstanceBoot {
  const functions = { one: { codeUri: ROOT, handler: 'inline.handler' } };
  const { definition } = resolveUnknown(
    { services: { Test: { functions } } },
    { ...gatherHostFacts({}, ROOT), baseDir: ROOT },
  );
  const { settings } = definition;
  return {
    protocolVersion: PROTOCOL_VERSION,
    instance: 'Test/one#1',
    definition: definition.functions[0]!,
    loadOnly: false,
    settings,
  };
}

describe('What the engine and an instance send each other', () => {
  it('is delivered later, in order, and outside of all frames', async () => {
    const told = new Told(async () => {
      console.log('first');
      process.stdout.write('second');
      return currentFrame() === undefined ? 'outside' : 'inside';
    });
    expect(told.messages).toEqual([]);
    await told.until(() => told.messages.length === 1);
    told.run('');
    expect(told.messages).toEqual([[Kind.Ready]]);
    await told.until(() => told.messages.length === 4);
    expect(told.messages.slice(1)).toEqual([
      [Kind.Log, 'r1', 'info', 'first'],
      [Kind.Log, 'r1', 'info', 'second'],
      [Kind.Returned, 1, 'inside'],
    ]);
    expect(new Set(told.frames)).toEqual(new Set([undefined]));
    told.handle.kill();
  });

  it('is copied', async () => {
    const told = new Told(async (event) => {
      const bytes = event as Buffer;
      const text = bytes.join();
      bytes.fill(7);
      return text;
    });
    await told.until(() => told.kinds.includes(Kind.Ready));
    const bytes = new Uint8Array([1, 2, 3]);
    told.run(bytes);
    bytes.fill(9, 0, 1);
    await told.until(() => told.kinds.includes(Kind.Returned));
    expect(told.messages.at(-1)).toEqual([Kind.Returned, 1, '1,2,3']);
    expect(bytes.join()).toBe('9,2,3');
    told.handle.kill();
  });

  it('answers a ping while a handler waits', async () => {
    const told = new Told(() => undefined);
    await told.until(() => told.kinds.includes(Kind.Ready));
    told.run('');
    told.handle.send([Kind.Ping, 5]);
    await told.until(() => told.kinds.includes(Kind.Pong));
    expect(told.messages.at(-1)).toEqual([Kind.Pong, 5]);
    told.handle.kill();
  });
});

describe('The end of an instance', () => {
  it('comes once, and last: after why it ends, which comes after what it had written', async () => {
    const told = new Told(() => {
      process.stdout.write('unfinished');
      process.exit(2);
    });
    await told.until(() => told.kinds.includes(Kind.Ready));
    told.run('');
    await told.until(() => told.exits.length > 0);
    told.handle.kill();
    told.handle.send([Kind.Ping, 1]);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(told.kinds).toEqual([Kind.Ready, Kind.Log, Kind.Dying]);
    expect(told.exits).toEqual([{ kind: 'code', code: 2 }]);
  });

  it('comes when it is killed, after what it had sent until then', async () => {
    const told = new Told(async () => 'an answer');
    await told.until(() => told.kinds.includes(Kind.Ready));
    told.run('');
    // It gets the run in this turn, and what it answers leaves in the next.
    await new Promise<void>((resolve) => {
      process.nextTick(() => {
        process.nextTick(resolve);
      });
    });
    await Promise.resolve();
    told.handle.kill();
    told.handle.kill();
    expect(told.exits).toEqual([]);
    await told.until(() => told.exits.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.kinds).toEqual([Kind.Ready, Kind.Returned]);
    expect(told.exits).toEqual([{ kind: 'code', code: 1 }]);
  });

  it('comes when it is killed before it has started, and it never does', async () => {
    let called = false;
    const told = new Told(async () => {
      called = true;
    });
    told.handle.kill();
    told.run('');
    await told.until(() => told.exits.length > 0);
    expect([called, told.messages]).toEqual([false, []]);
  });

  it('comes when it says what the engine does not understand', async () => {
    const told = new Told(
      () => undefined,
      ([kind]) => kind === Kind.Ready,
    );
    await told.until(() => told.exits.length > 0);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(told.exits).toHaveLength(1);
    expect(told.outputs).toEqual(['error the instance broke the protocol: Error: no such message']);
  });
});
