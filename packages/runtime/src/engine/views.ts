/** What listeners may see of invocations and instances: read-only faces of the engine's own objects. */
import type { FunctionDefinition } from './definition.ts';
import type { Outcome } from './invocation/outcome.ts';
import type { WireBytes } from './protocol.ts';

export interface InvocationView {
  readonly requestId: string;
  readonly definition: FunctionDefinition;
  readonly type: 'Sync' | 'Async';
  /** 1-based. */
  readonly attempt: number;
  /** The invocation whose handler made this call, unless it had settled by then. */
  readonly parent: InvocationView | undefined;
  /** `Service/function` that asked for it; undefined when it was asked for from outside. */
  readonly caller: string | undefined;
  /** Monotonic ms. */
  readonly acceptedAt: number;
  /** Monotonic ms; `undefined` until the handler starts. */
  readonly startedAt: number | undefined;
  /** Monotonic ms; `undefined` until the invoker has its answer. */
  readonly settledAt: number | undefined;
  readonly payload: WireBytes;
  /** base64 of a JSON object. */
  readonly invokerContext: string | null;
  readonly outcome: Outcome | undefined;
}

/** What was asked for and refused at the door: it has no id, and nothing of it is kept. */
export interface RequestView {
  /** As it was named. */
  readonly target: string;
  readonly type: 'Sync' | 'Async';
  readonly payload: WireBytes;
  /** base64 of a JSON object. */
  readonly invokerContext: string | null;
  /** The running invocation that asked. */
  readonly parent: InvocationView | undefined;
  /** `Service/function` that asked; undefined: somebody outside. */
  readonly caller: string | undefined;
}

/**
 * `starting`: loads and initializes. `ready`: takes work. `suspect`: a handler overran, nothing new goes in.
 * `retiring`: what runs may end. `ending`: told to stop, or killed. `gone`: over.
 */
export type InstanceState = 'starting' | 'ready' | 'suspect' | 'retiring' | 'ending' | 'gone';

export interface InstanceView {
  /** `EdgeFC/helloworld#3`. */
  readonly name: string;
  readonly definition: FunctionDefinition;
  readonly state: InstanceState;
  /** Process id, where it has one of its own. */
  readonly pid: number | undefined;
  /** Invocations that run in it now. */
  readonly running: number;
  /** Bytes last seen. */
  readonly memory: number;
}
