/** What loading a function gives: the handler and its hooks, as the instance calls them. */
import type { LoadedHandler } from './run.ts';

/** `initializer` or `preStop`. */
export type LoadedHook = (context: unknown, callback: (error?: unknown) => void) => unknown;

export interface LoadedFunction {
  readonly handler: LoadedHandler;
  readonly initializer: LoadedHook | undefined;
  readonly preStop: LoadedHook | undefined;
}
