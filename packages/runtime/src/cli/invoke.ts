/**
 * `edgefc invoke <service>/<function>`: through the host that runs on the data directory, else with a host of its own, just
 * for this call. What is printed is the same: the answer on standard output, what the functions write on standard error.
 *
 * A host of its own starts no timers and nothing but the target; Async work that the call leads to has 30 s, and what is
 * not over then waits on disk for the next host.
 */
import { MAX_RETRIES, parseTarget } from '@edgefc/sdk/internal';
import type { AdminClient } from '../admin/client.ts';
import { reachHost } from '../admin/reach-host.ts';
import type { LogSettings, ResolvedConfig } from '../config/resolve.ts';
import { systemClock } from '../engine/clock.ts';
import type { HostDefinition } from '../engine/definition.ts';
import { createEventBus, type HostEventBus } from '../engine/events.ts';
import { QueueError } from '../engine/queue/queue.ts';
import type { Host, HostInvocation, HostOutcome } from '../engine/host-api.ts';
import { createHost } from '../host.ts';
import { openLog, type OpenLog } from '../observe/open-log.ts';
import { print, type CliContext, type StopSignal } from './context.ts';
import { signalExitCode } from './exit-codes.ts';
import { locateConfig } from './locate-config.ts';
import { readContext, readCount, readDurationOption, readPayload, readTimeout } from './payload-input.ts';
import { printOutcome } from './print-outcome.ts';
import { readVersion } from './read-version.ts';
import { stopHost } from './stop-host.ts';
import { locateDataDir, type TargetOptions } from './target-options.ts';
import { UsageError } from './usage-error.ts';

/** ms that Async work has when there is no other host to do it. */
const ASYNC_WAIT = 30_000;
/** A year: ms. */
const LONGEST_DELAY = 365 * 86_400_000;
/** Of a running host, whose configuration was not read. */
const DEFAULT_LOG: LogSettings = { level: 'info', burst: 1000, linesPerSecond: 200 };

export interface InvokeOptions extends TargetOptions {
  readonly payload?: string;
  readonly payloadFile?: string;
  readonly context?: string;
  readonly timeout?: string;
  readonly async?: boolean;
  readonly delay?: string;
  readonly dedupeKey?: string;
  readonly orderKey?: string;
  readonly maxRetries?: string;
}

export async function invoke(target: string, options: InvokeOptions, context: CliContext): Promise<number> {
  const settings = readSettings(options);
  const { dataDir, config } = await locateDataDir(options, context);
  const payload = await readPayload(options, context);
  const invocation = { target, ...settings, ...(payload === undefined ? {} : { payload }) };
  const call = new Call(invocation, options, context);
  try {
    for (;;) {
      const client = await reachHost(dataDir, systemClock);
      if (client !== undefined) return await call.throughHost(client, config?.log ?? DEFAULT_LOG);
      try {
        return await call.alone(config ?? (await locateConfig(options, context)));
      } catch (error) {
        // Another host has come meanwhile: the next look finds it.
        if (!(error instanceof QueueError && error.code === 'QueueLocked')) throw error;
      }
    }
  } finally {
    call.end();
  }
}

/** What is checked before anything is started. */
function readSettings(options: InvokeOptions): Omit<HostInvocation, 'target' | 'payload'> {
  const { async = false, delay, dedupeKey, orderKey, maxRetries } = options;
  const timeout = readTimeout(options.timeout);
  const invokerContext = readContext(options.context);
  if (!async) {
    const given = Object.entries({
      '--delay': delay,
      '--dedupe-key': dedupeKey,
      '--order-key': orderKey,
      '--max-retries': maxRetries,
    });
    const wrong = given.find(([, value]) => value !== undefined)?.[0];
    if (wrong !== undefined) throw new UsageError(`${wrong} is for Async invocations; add --async, or leave it out`);
  } else if (timeout !== undefined) {
    throw new UsageError(
      '--timeout is how long a Sync call is waited for; with --async, leave it out, and see edgefc async wait',
    );
  }
  const delayMs = readDurationOption('--delay', delay, { min: 0, max: LONGEST_DELAY });
  const retries = readCount('--max-retries', maxRetries, { min: 0, max: MAX_RETRIES });
  return {
    type: async ? 'Async' : 'Sync',
    ...(timeout === undefined ? {} : { timeout }),
    ...(invokerContext === undefined ? {} : { invokerContext }),
    ...(delayMs === undefined ? {} : { delay: delayMs }),
    ...(dedupeKey === undefined ? {} : { dedupeKey }),
    ...(orderKey === undefined ? {} : { orderKey }),
    ...(retries === undefined ? {} : { maxRetries: retries }),
  };
}

/** One call from its beginning to its exit code, and the signals that may come meanwhile. */
class Call {
  readonly #invocation: HostInvocation;
  readonly #options: InvokeOptions;
  readonly #context: CliContext;
  readonly #cancellation = new AbortController();
  readonly #stopListening: () => void;
  #interrupted: StopSignal | undefined;

  constructor(invocation: HostInvocation, options: InvokeOptions, context: CliContext) {
    this.#invocation = invocation;
    this.#options = options;
    this.#context = context;
    // The first signal takes the call back, the second does not wait for that.
    this.#stopListening = context.onStopSignal((signal) => {
      if (this.#interrupted !== undefined) context.exit(signalExitCode(this.#interrupted));
      this.#interrupted = signal;
      this.#cancellation.abort();
    });
  }

  async throughHost(client: AdminClient, settings: LogSettings): Promise<number> {
    const events = createEventBus();
    const log = this.#openLog(events, settings);
    try {
      const outcome = await client.invoke({ ...this.#invocation, signal: this.#cancellation.signal }, (entry) => {
        events.emit('log', entry);
      });
      return this.#toExitCode(await this.#report(outcome, log));
    } finally {
      client.close();
      log.close();
      await log.flush();
    }
  }

  async alone({ definition, log: settings }: ResolvedConfig): Promise<number> {
    const host = createHost(definition, { holder: { version: readVersion(), command: 'edgefc invoke' } });
    const log = this.#openLog(host.events, settings);
    // What the function started without waiting for it may end; a call that was given up may not hold the person up.
    let gracePeriod: number | undefined;
    try {
      await host.start({ only: findKey(definition, this.#invocation.target) });
      const outcome = await host.invoke({ ...this.#invocation, signal: this.#cancellation.signal });
      const code = await this.#report(outcome, log);
      if (outcome.kind === 'refused') gracePeriod = 0;
      await this.#letAsyncWorkEnd(host);
      if (this.#interrupted !== undefined) gracePeriod = 0;
      return this.#toExitCode(code);
    } finally {
      await stopHost(host, this.#context, gracePeriod);
      log.close();
      await log.flush();
    }
  }

  end(): void {
    this.#stopListening();
  }

  /** What the function wrote before it answered stands above the answer. */
  async #report(outcome: HostOutcome, log: OpenLog): Promise<number> {
    await log.flush();
    return printOutcome(this.#invocation.target, outcome, this.#context, this.#options.json === true);
  }

  #toExitCode(reported: number): number {
    return this.#interrupted === undefined ? reported : signalExitCode(this.#interrupted);
  }

  async #letAsyncWorkEnd(host: Host): Promise<void> {
    const { signal } = this.#cancellation;
    // Alone, work that is due later than that would be waited for in vain.
    const inVain = host.pendingAsync === 1 && (this.#invocation.delay ?? 0) > ASYNC_WAIT;
    if (host.pendingAsync > 0 && !inVain && !signal.aborted) {
      const interrupted = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await Promise.race([host.idle(ASYNC_WAIT), interrupted]);
    }
    const left = host.pendingAsync;
    if (left === 0) return;
    const what = left === 1 ? '1 Async invocation waits' : `${left} Async invocations wait`;
    const { dataDir } = host.definition.settings;
    await print(this.#context.stderr, `${what} in ${dataDir} for the next host there (edgefc start)\n`);
  }

  #openLog(events: HostEventBus, settings: LogSettings): OpenLog {
    const { stream, colour } = this.#context.stderr;
    const format = this.#options.json === true ? 'json' : 'text';
    return openLog(events, { ...settings, stream, colour, format, failures: false });
  }
}

/** The `Service/function` that `target` names; an unknown one stays as it is, and the host says what is near. */
function findKey({ functions }: HostDefinition, target: string): string {
  const named = parseTarget(target);
  const found = functions.find(({ key, id, service, name }) => {
    if (key === target || id === target) return true;
    return named.kind === 'name' && named.service === service && named.function === name;
  });
  return found?.key ?? target;
}
