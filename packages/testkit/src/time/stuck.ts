/**
 * What a test gets instead of a timeout: the name of what it waits for, where that was begun, and how to go on.
 */
import { writeDuration } from '@edgefc/runtime/testing';
import type { WorkItem } from './real-work.ts';

/** Nothing went on for the driver's `patience`, or time was skipped without end. */
export class StuckError extends Error {
  override readonly name = 'StuckError';
  readonly code = 'Stuck';
  /** What it waited for in the real world, the oldest first. */
  readonly waitingFor: readonly StuckOn[];

  constructor(message: string, waitingFor: readonly StuckOn[] = []) {
    super(message);
    this.waitingFor = waitingFor;
  }
}

export interface StuckOn {
  readonly kind: string;
  /** ms of real time. */
  readonly age?: number;
  readonly where?: string;
  readonly instance?: string;
}

export interface StuckFacts {
  /** What cannot go on: `'host.advance()'`. */
  readonly what: string;
  /** ms of real time. */
  readonly patience: number;
  /** Wall clock of the host, ms since the epoch. */
  readonly now: number;
  /** What the engine has to say about it, in lines. */
  readonly engine: string;
}

/** Something real is under way and does not come to an end. */
export function stuckOnWork(facts: StuckFacts, items: readonly WorkItem[], busyParts: readonly string[]): StuckError {
  const waitingFor = [...items.map(toStuckOn), ...busyParts.map((kind) => ({ kind }))];
  return new StuckError(
    [
      `${facts.what} cannot go on: for ${writeDuration(facts.patience)} nothing has happened, and virtual time stands still (${at(facts.now)}) while something real is under way:`,
      ...waitingFor.map((item) => `  - ${describe(item)}`),
      ...indent(facts.engine),
      'If it never ends, end it in the function (close(), destroy(), or unref() if it may wait for ever), or fake what it talks to.',
      `If it is only slow, give the test host more patience: patience: '${writeDuration(facts.patience * 5)}'.`,
    ].join('\n'),
    waitingFor,
  );
}

/** Nothing real is under way, and no timer is pending that could bring anything. */
export function stuckOnNothing(facts: StuckFacts): StuckError {
  return new StuckError(
    [
      `${facts.what} can never go on: nothing real is under way, no virtual timer is pending (${at(facts.now)}), and nothing has happened for ${writeDuration(facts.patience)}.`,
      ...indent(facts.engine),
      'Something waits for a promise that nobody settles, or a callback that nobody calls: see what a handler or a fake awaits.',
    ].join('\n'),
  );
}

/** Timers are pending, but this does not skip time. */
export function stuckOnTime(facts: StuckFacts, wait: number): StuckError {
  return new StuckError(
    [
      `${facts.what} waits for virtual time, and nobody moves it (${at(facts.now)}); the next timer is due in ${writeDuration(wait)}.`,
      ...indent(facts.engine),
      'Call advance() or runUntilIdle() before you await it; where `time` is not manual, waiting for a call skips time by itself.',
    ].join('\n'),
  );
}

/** Timer after timer fires, and what is waited for does not come. */
export function stuckInLoop(facts: Omit<StuckFacts, 'patience'>, steps: number): StuckError {
  return new StuckError(
    [
      `${facts.what} skipped through ${steps} timers, up to ${at(facts.now)}, and is still not done.`,
      ...indent(facts.engine),
      'A timer that begins itself anew (setInterval) keeps time going while what is waited for never comes. Stop it, or move time yourself with advance().',
    ].join('\n'),
  );
}

function toStuckOn({ kind, age, where, instance }: WorkItem): StuckOn {
  return { kind, age, ...(where !== undefined && { where }), ...(instance !== undefined && { instance }) };
}

function describe({ kind, age, where, instance }: StuckOn): string {
  const since = age === undefined ? '' : `, for ${writeDuration(Math.round(age))}`;
  const by = instance === undefined ? '' : `, in ${instance}`;
  return `${kind}${since}${by}${where === undefined ? '' : `, begun at ${where}`}`;
}

function at(epochMs: number): string {
  return `it is ${new Date(epochMs).toISOString()} there`;
}

function indent(lines: string): string[] {
  return lines === '' ? [] : lines.split('\n').map((line) => `  ${line}`);
}
