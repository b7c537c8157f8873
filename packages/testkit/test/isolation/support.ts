/** A host whose functions run in this process, in real time or on a virtual clock, and what it told. */
import { fileURLToPath } from 'node:url';
import {
  createEventBus,
  gatherHostFacts,
  HostCore,
  MemoryQueue,
  resolveUnknown,
  systemClock,
  type FunctionConfig,
  type HostOutcome,
  type LoadedHandler,
  type LoadedHook,
} from '@edgefc/runtime/testing';
import { InProcessIsolation } from '../../src/isolation/in-process.ts';
import type { VirtualClock } from '../../src/time/virtual-clock.ts';

const FIXTURES = fileURLToPath(new URL('fixtures', import.meta.url));

export interface Code extends Omit<FunctionConfig, 'handler' | 'initializer' | 'preStop' | 'codeUri'> {
  /** Code, or a place under fixtures/. */
  readonly handler: string | LoadedHandler;
  readonly initializer?: string | LoadedHook;
  readonly preStop?: string | LoadedHook;
}

/** How a call of the test ended, in short. */
export interface Ended {
  /** What came back; of a failure its message. */
  readonly text: string;
  /** `'Handled'`, the `errorType` of an unhandled failure, or the code of a refusal. */
  readonly error: string | undefined;
  readonly bytes: Buffer | undefined;
  readonly requestId: string;
}

export class InProcessHost implements AsyncDisposable {
  readonly core: HostCore;
  readonly isolation: InProcessIsolation;
  /** What functions wrote, in order. */
  readonly logs: { readonly level: string; readonly text: string; readonly requestId: string | undefined }[] = [];
  /** `name: reason` of the instances that the host did not stop. */
  readonly lost: string[] = [];

  constructor(functions: Readonly<Record<string, Code>>, virtual: VirtualClock | undefined) {
    const clock = virtual ?? systemClock;
    const inline = new Map<string, { handler?: LoadedHandler; initializer?: LoadedHook; preStop?: LoadedHook }>();
    const configured: Record<string, FunctionConfig> = {};
    for (const [name, { handler, initializer, preStop, ...settings }] of Object.entries(functions)) {
      inline.set(`Test/${name}`, {
        ...(typeof handler === 'function' ? { handler } : {}),
        ...(typeof initializer === 'function' ? { initializer } : {}),
        ...(typeof preStop === 'function' ? { preStop } : {}),
      });
      configured[name] = {
        codeUri: FIXTURES,
        handler: typeof handler === 'string' ? handler : 'inline.handler',
        ...(initializer === undefined
          ? {}
          : { initializer: typeof initializer === 'string' ? initializer : 'inline.i' }),
        ...(preStop === undefined ? {} : { preStop: typeof preStop === 'string' ? preStop : 'inline.p' }),
        ...settings,
      };
    }
    const { definition } = resolveUnknown(
      { services: { Test: { functions: configured } } },
      { ...gatherHostFacts({}, FIXTURES), baseDir: FIXTURES },
    );
    this.isolation = new InProcessIsolation({
      host: this,
      clock,
      time: virtual === undefined ? undefined : { clock: virtual },
      inline,
    });
    const events = createEventBus(clock);
    events.on('log', ({ level, message, requestId, source }) => {
      if (source === 'function') this.logs.push({ level, text: message, requestId });
    });
    events.on('instance:exited', (instance, reason, expected) => {
      if (!expected) this.lost.push(`${instance.name}: ${reason}`);
    });
    this.core = new HostCore({
      definition,
      clock,
      events,
      queue: new MemoryQueue({ limits: definition.settings.queue }),
      isolations: { thread: this.isolation, process: this.isolation },
      bootId: 'test',
      random: () => 0,
      machine: () => undefined,
      prepare: () => undefined,
      release: () => Promise.resolve(),
      stuckThreads: () => 0,
    });
  }

  async invoke(name: string, payload: string | Uint8Array = ''): Promise<Ended> {
    return toEnded(await this.core.invoke({ target: `Test/${name}`, payload }));
  }

  /** The texts of the log. */
  get lines(): string[] {
    return this.logs.map(({ text }) => text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.core.stop({ gracePeriod: 0 });
  }
}

/** `virtual`: what time is for the host and its functions; nobody moves it but the test. */
export async function startHost(
  functions: Readonly<Record<string, Code>>,
  virtual?: VirtualClock,
): Promise<InProcessHost> {
  const host = new InProcessHost(functions, virtual);
  await host.core.start();
  return host;
}

function toEnded(outcome: HostOutcome): Ended {
  switch (outcome.kind) {
    case 'answered': {
      const { payload, functionError, requestId } = outcome;
      const bytes = Buffer.isBuffer(payload) ? payload : undefined;
      if (functionError === undefined) return { text: String(payload), error: undefined, bytes, requestId };
      const { errorType, errorMessage } = JSON.parse(String(payload)) as { errorType: string; errorMessage: string };
      return { text: errorMessage, error: functionError === 'Handled' ? 'Handled' : errorType, bytes, requestId };
    }
    case 'accepted':
      return { text: outcome.id, error: undefined, bytes: undefined, requestId: outcome.id };
    case 'refused':
      return { text: outcome.message, error: outcome.code, bytes: undefined, requestId: '' };
  }
}
