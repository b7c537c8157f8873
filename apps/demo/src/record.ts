/** What one step of the demo has seen: everything its host reports while the step runs, for its check to look at. */
import type { HostEventBus, InstanceView, InvocationView, LogEvent, MessageEvent, WorkEvent } from '@edgefc/runtime';

export class StepRecord {
  /** Each run of an Async invocation is one of these. */
  readonly settled: InvocationView[] = [];
  /** What came of each run of an Async invocation. */
  readonly work: WorkEvent[] = [];
  readonly published: MessageEvent[] = [];
  readonly printed: LogEvent[] = [];
  readonly exited: InstanceView[] = [];
  readonly #waiting = new Set<() => void>();
  #events: HostEventBus | undefined;

  /** Begins to look at a host. */
  listen(events: HostEventBus): void {
    this.#events = events;
    events.on('invocation:settled', this.#onSettled);
    events.on('work:settled', this.#onWork);
    events.on('message:published', this.#onPublished);
    events.on('log', this.#onLog);
    events.on('instance:exited', this.#onExited);
  }

  /** Whether `name` printed `text`, as a line or within one. */
  hasPrinted(name: string, text: string): boolean {
    return this.printed.some((entry) => entry.function === name && entry.message.includes(text));
  }

  /** The invocation of `name` that is over. */
  invocationOf(name: string): InvocationView | undefined {
    return this.settled.find(({ definition }) => definition.name === name);
  }

  /** The invocation that Invoker made, or its last run: a Sync call of its own, or the Async one. */
  get callOfInvoker(): InvocationView | undefined {
    return this.settled.findLast(({ parent, type }) => parent?.definition.name === 'Invoker' || type === 'Async');
  }

  /** Async invocations that are over: they are not tried again. */
  get over(): readonly WorkEvent[] {
    return this.work.filter(({ retryIn }) => retryIn === undefined);
  }

  /** Whether an instance of `name` has ended. */
  hasExited(name: string): boolean {
    return this.exited.some(({ definition }) => definition.name === name);
  }

  /** Resolves when `happened` holds, looking after each event, or when `signal` aborts. */
  until(happened: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!signal.aborted && !happened()) return;
        this.#waiting.delete(look);
        signal.removeEventListener('abort', look);
        resolve();
      };
      this.#waiting.add(look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  close(): void {
    this.#events?.off('invocation:settled', this.#onSettled);
    this.#events?.off('work:settled', this.#onWork);
    this.#events?.off('message:published', this.#onPublished);
    this.#events?.off('log', this.#onLog);
    this.#events?.off('instance:exited', this.#onExited);
  }

  readonly #onSettled = (invocation: InvocationView): void => {
    this.settled.push(invocation);
    this.#look();
  };

  readonly #onWork = (work: WorkEvent): void => {
    this.work.push(work);
    this.#look();
  };

  readonly #onPublished = (message: MessageEvent): void => {
    this.published.push(message);
    this.#look();
  };

  readonly #onLog = (entry: LogEvent): void => {
    this.printed.push(entry);
    this.#look();
  };

  readonly #onExited = (instance: InstanceView): void => {
    this.exited.push(instance);
    this.#look();
  };

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
