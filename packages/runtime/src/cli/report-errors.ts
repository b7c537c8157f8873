/**
 * What a command prints when it cannot do its work, and the exit code that goes with it. With `--json` the same comes
 * as one object on standard output, because that is where a program reads.
 */
import { styleText } from 'node:util';
import { HostUnreachableError } from '../admin/host-unreachable.ts';
import { ConfigError, formatProblem, type ConfigProblem } from '../config/problems.ts';
import { QueueError } from '../engine/queue/queue.ts';
import { print, type CliContext } from './context.ts';
import { ExitCode } from './exit-codes.ts';
import { UsageError } from './usage-error.ts';

/** Prints what went wrong; returns the exit code. */
export async function reportError(error: unknown, context: CliContext, json: boolean): Promise<number> {
  if (json) await print(context.stdout, `${JSON.stringify({ error: toJson(error) })}\n`);
  if (error instanceof ConfigError) {
    await reportProblems(error.warnings, 'warning', context);
    await reportProblems(error.problems, 'error', context);
    return ExitCode.Usage;
  }
  if (error instanceof UsageError) {
    await print(context.stderr, `${label('error', context)} UsageError: ${error.message}\n`);
    return ExitCode.Usage;
  }
  if (error instanceof QueueError || error instanceof HostUnreachableError) {
    await print(context.stderr, `${label('error', context)} ${error.code}: ${error.message}\n`);
    return ExitCode.NoHost;
  }
  // Not foreseen, so the stack is what helps.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  await print(context.stderr, `${label('error', context)} InternalError: ${text}\n`);
  return ExitCode.NoHost;
}

/** Prints each problem on a line of its own; an error with its code, by which docs/troubleshooting.md finds it. */
export async function reportProblems(
  problems: readonly ConfigProblem[],
  severity: 'error' | 'warning',
  context: CliContext,
): Promise<void> {
  if (problems.length === 0) return;
  const code = severity === 'error' ? 'ConfigError: ' : '';
  const lines = problems.map((problem) => `${label(severity, context)} ${code}${formatProblem(problem)}\n`);
  await print(context.stderr, lines.join(''));
}

function label(severity: 'error' | 'warning', { stderr }: CliContext): string {
  const text = `${severity}:`;
  return stderr.colour ? styleText(severity === 'error' ? 'red' : 'yellow', text, { validateStream: false }) : text;
}

function toJson(error: unknown): unknown {
  if (error instanceof ConfigError) {
    const { code, message, problems, warnings } = error;
    return { code, message, problems, warnings };
  }
  if (error instanceof UsageError) return { code: 'UsageError', message: error.message };
  if (error instanceof QueueError || error instanceof HostUnreachableError) {
    return { code: error.code, message: error.message };
  }
  return { code: 'InternalError', message: error instanceof Error ? error.message : String(error) };
}
