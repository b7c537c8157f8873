/** What the end of an instance means: for those who wait for it to start, for what ran in it, and in words. */
import type { FunctionDefinition } from '../definition.ts';
import { errorMessageOf, refused, unhandled, unhandledPayload, type Outcome } from '../invocation/outcome.ts';
import type { DyingMessage } from '../protocol.ts';
import { describeExit, type InstanceExit } from './isolation.ts';

export interface InstanceEnd {
  readonly definition: FunctionDefinition;
  readonly exit: InstanceExit;
  /** What it said itself, when it had the time. */
  readonly dying: DyingMessage | undefined;
  /** Why the host ended it, when it did. */
  readonly reason: string | undefined;
}

export function describeEnd({ exit, dying, reason }: InstanceEnd): string {
  if (reason !== undefined) return reason;
  return dying === undefined ? describeExit(exit) : `${dying[1]}: ${errorMessageOf(dying[3])}`;
}

/** It ended before it was ready. */
export function failedStart({ definition, exit, dying }: InstanceEnd): Outcome {
  if (dying !== undefined) return unhandledPayload(dying[3]);
  const type = exit.kind === 'outOfMemory' ? 'OutOfMemory' : 'LoadError';
  const when = exit.kind === 'spawnFailed' ? '' : ' before it was ready';
  return unhandled(type, `the instance of ${definition.key} ${describeExit(exit)}${when}`);
}

/**
 * It ended while `run` was in it.
 *
 * A crash is the failure of the invocation that it can be laid to: the one that the instance named, or the only one
 * there was. For the others the instance is lost, and that is not their failure.
 *
 * @param circumstances - whether the run was alone, and whether the host ended the instance for an overdue handler
 */
export function lostRun(
  end: InstanceEnd,
  run: number,
  circumstances: { readonly alone: boolean; readonly overdue: boolean },
): Outcome {
  const { exit, dying, reason } = end;
  const { key } = end.definition;
  const { alone, overdue } = circumstances;
  if (dying !== undefined && (alone || dying[2] === run)) return unhandledPayload(dying[3]);
  if (dying === undefined && reason === undefined && alone) {
    return exit.kind === 'outOfMemory'
      ? unhandled('OutOfMemory', `${key} ran out of memory: ${exit.detail}`)
      : unhandled('Exit', `the instance of ${key} ${describeExit(exit)} while the handler ran`);
  }
  if (reason !== undefined && !overdue) {
    return refused('Stopping', `${key} was stopped while the handler ran: ${reason}`);
  }
  const why = reason ?? (dying === undefined ? describeExit(exit) : 'another invocation ended it');
  return unhandled(
    'InstanceLost',
    `the instance of ${key} was lost, and it cannot be told that this invocation was the cause: ${why}`,
  );
}
