/**
 * How the command ends, in one table; every command returns one of these.
 *
 * A signal that ended the work early gives 128 + its number, as shells do.
 */
import { constants } from 'node:os';

export const ExitCode = {
  Ok: 0,
  /** The function failed, or gave no answer in time. */
  FunctionFailed: 1,
  /** Wrong usage or configuration: an unknown command, option or function, a handler that does not load. */
  Usage: 2,
  /** The host could not be reached, or could not be started. */
  NoHost: 3,
} as const;

/** The exit code of a command that `signal` ended. */
export function signalExitCode(signal: 'SIGINT' | 'SIGTERM'): number {
  return 128 + constants.signals[signal];
}
