/** The kill test's host in its process (fixtures/kill/host.ts), and the function processes that belong to it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChildHost } from '../child-host.ts';
import { isAlive } from '../left-running.ts';
import { MARK, type KillHostOptions } from './plan.ts';

export type KillHostMessage =
  | { readonly kind: 'begun' }
  | { readonly kind: 'started'; readonly ms: number; readonly recovered: number; readonly pending: number }
  /** Starts and ends of runs so far. */
  | { readonly kind: 'events'; readonly events: number }
  /** What was ever accepted, and what the parts add up to (I3). */
  | { readonly kind: 'stats'; readonly accepted: number; readonly known: number; readonly syncs: number }
  /** The producers have made all of their calls. */
  | { readonly kind: 'produced' }
  | { readonly kind: 'log'; readonly message: string };

export type HostProcess = ChildHost<KillHostMessage>;

const script = join(import.meta.dirname, '..', '..', 'fixtures', 'kill', 'host.ts');

/** @param directory for what it is given, and what it may cache */
export function startHostProcess(directory: string, options: KillHostOptions): HostProcess {
  return new ChildHost<KillHostMessage>({ script, options, directory });
}

/** Living function processes of a round's host. */
export function findMarked(dataDir: string, round: number): number[] {
  const mark = `${MARK}=${dataDir}:${round}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(mark))
    .map(Number)
    .filter(isAlive);
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // It has ended, or belongs to somebody else.
  }
}
