/**
 * What a failing test shows besides its error: what happened in the hosts that it made. The hooks of a runner say where a test
 * begins and ends (vitest-setup.ts, jest-setup.ts); without hooks nothing is kept.
 */
import { perProcess } from '../per-process.ts';
import type { TestRecord } from './record.ts';

/** Of a runner's error, what is changed. */
export interface ShownError {
  name?: string | undefined;
  message: string;
  stack?: string | undefined;
  /** Of a SuppressedError: what the disposal of the host threw, and what the test had thrown before. */
  error?: unknown;
  suppressed?: unknown;
}

/** Lines of a tree that a message has at most. */
const MAX_LINES = 60;

const watch = perProcess('records of the running tests', (): { running: number; records: TestRecord[] } => ({
  running: 0,
  records: [],
}));

/** A test begins. Tests that run at the same time see each other's hosts. */
export function beginTest(): void {
  if (watch.running === 0) watch.records = [];
  watch.running += 1;
}

/** A test ends; gives the records of the hosts that were made in it. */
export function endTest(): readonly TestRecord[] {
  watch.running = Math.max(0, watch.running - 1);
  return watch.records;
}

/** A host was made: if a test with hooks runs, it is that test's. */
export function showWhenFailing(record: TestRecord): void {
  if (watch.running > 0) watch.records.push(record);
}

/** Tells in `error` what happened, unless its message does so already. */
export function tellRecords(error: ShownError, records: readonly TestRecord[]): void {
  tellWhatWasThrown(error);
  const told = records.filter((record) => !error.message.includes(treeOf(record)[0] ?? '')).map(describeRecord);
  if (told.length > 0) replaceMessage(error, `${error.message}\n\n${told.join('\n\n')}`);
}

/** The tree of one host, as lines of a message. */
export function treeOf(record: TestRecord): string[] {
  const lines = record.tree().split('\n');
  const shown = lines.slice(0, MAX_LINES).map((line) => `  ${line}`);
  if (lines.length > MAX_LINES)
    shown.push(`  … ${lines.length - MAX_LINES} more lines: console.log(host.record.tree())`);
  return shown;
}

function describeRecord(record: TestRecord): string {
  const unfaked = record.describeUnfaked();
  return [...(unfaked === undefined ? [] : [unfaked, '']), 'What happened:', ...treeOf(record)].join('\n');
}

/**
 * `await using` throws a SuppressedError, with a message that says nothing, when the test failed and its host's stop did, too:
 * what the test threw is what matters.
 */
function tellWhatWasThrown(error: ShownError): void {
  if (error.name !== 'SuppressedError' || !isError(error.suppressed)) return;
  const { suppressed, error: atStop } = error;
  error.name = suppressed.name;
  error.stack = suppressed.stack;
  error.message = isError(atStop) ? `${suppressed.message}\n\nBesides, ${atStop.message}` : suppressed.message;
}

function isError(value: unknown): value is ShownError {
  return typeof value === 'object' && value !== null && typeof (value as ShownError).message === 'string';
}

/** Runners print the message, or the stack, which begins with it. */
function replaceMessage(error: ShownError, message: string): void {
  const { message: before, stack } = error;
  if (stack?.includes(before) === true) error.stack = stack.replace(before, () => message);
  error.message = message;
}
