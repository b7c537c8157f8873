/**
 * What a test makes `fixtures/functions/script.cjs` do: a list of steps, sent as its event.
 *
 * A latch is a file that the test makes and the function waits for: nothing else crosses every wall at once.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export type Step =
  | readonly ['log', text: string]
  /** Until the latch is open. */
  | readonly ['wait', latch: string]
  | readonly ['delay', ms: number]
  /** Until `context.signal` is aborted; gives the reason. */
  | readonly ['aborted']
  /** Until it is aborted, and 50 ms more. */
  | readonly ['cleanUp']
  /** Calls a function and waits; gives its payload, or throws what it failed with. */
  | readonly ['call', target: string, steps: string, timeout?: number]
  /** Calls a function and does not wait. */
  | readonly ['start', target: string, steps: string]
  /** Calls several at once and waits for all; gives their codes or payloads. */
  | readonly ['all', ...calls: readonly (readonly [target: string, steps: string])[]]
  | readonly ['return', value: unknown]
  | readonly ['throw', message: string]
  /** Never settles, and lets the event loop turn. */
  | readonly ['hang']
  /** A busy loop, for ever. */
  | readonly ['spin']
  | readonly ['exit', code: number]
  | readonly ['kill', signal: string]
  /** Throws outside of the handler. */
  | readonly ['crash', message: string]
  | readonly ['remaining'];

export function script(...steps: readonly Step[]): string {
  return JSON.stringify(steps);
}

export class Latch {
  readonly path: string;

  constructor() {
    const directory = mkdtempSync(join(tmpdir(), 'edgefc-latch-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    this.path = join(directory, 'open');
  }

  open(): void {
    writeFileSync(this.path, '');
  }
}
