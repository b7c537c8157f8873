/**
 * How an answer is printed, and the exit code that goes with it.
 *
 * Standard output is the payload and nothing else, byte for byte; only on a terminal a missing last newline is added,
 * so that the prompt starts on a line of its own. Errors are on standard error.
 */
import type { ErrorCode, FunctionErrorPayload } from '@edgefc/sdk/internal';
import type { Refused } from '../engine/invocation/outcome.ts';
import type { HostOutcome } from '../engine/host-api.ts';
import { print, type CliContext } from './context.ts';
import { ExitCode } from './exit-codes.ts';

/** Prints how the invocation of `target` ended. */
export async function printOutcome(
  target: string,
  outcome: HostOutcome,
  context: CliContext,
  json: boolean,
): Promise<number> {
  if (json) return printJson(outcome, context);
  switch (outcome.kind) {
    case 'answered': {
      const { payload, functionError } = outcome;
      if (functionError === undefined) {
        await printPayload(payload, context);
        return ExitCode.Ok;
      }
      await printFunctionError(`${target} failed (${functionError})`, parseFunctionError(payload), context);
      return ExitCode.FunctionFailed;
    }
    case 'accepted':
      await print(context.stdout, `${outcome.id}\n`);
      return ExitCode.Ok;
    case 'refused':
      return printRefusal(outcome, context, false);
  }
}

/** Prints what a function returned. */
export async function printPayload(payload: string | Uint8Array, { stdout }: CliContext): Promise<void> {
  await print(stdout, payload);
  if (stdout.isTerminal && payload.length > 0 && !endsWithNewline(payload)) await print(stdout, '\n');
}

/** Prints `what` failed, and how. */
export async function printFunctionError(
  what: string,
  { errorType, errorMessage, stackTrace }: FunctionErrorPayload,
  { stderr }: CliContext,
): Promise<void> {
  const stack = stackTrace.map((line) => `    ${line}\n`).join('');
  await print(stderr, `error: ${what}: ${errorType}: ${errorMessage}\n${stack}`);
}

/** Prints why there is no answer. */
export async function printRefusal(refusal: Refused, context: CliContext, json: boolean): Promise<number> {
  const { code, message, retryable } = refusal;
  if (json) await print(context.stdout, `${JSON.stringify({ error: { code, message, retryable } })}\n`);
  else await print(context.stderr, `error: ${code}: ${message}\n`);
  return refusalExitCode(code);
}

/** Text as it is, bytes as `{ "base64": … }`. */
export function toJsonPayload(payload: string | Uint8Array): string | { readonly base64: string } {
  return typeof payload === 'string' ? payload : { base64: Buffer.from(payload).toString('base64') };
}

/** One object: the payload, or a failure as `error`. */
async function printJson(outcome: HostOutcome, context: CliContext): Promise<number> {
  const { stdout } = context;
  switch (outcome.kind) {
    case 'answered': {
      const { payload, functionError = null, requestId } = outcome;
      const answer =
        functionError === null ? { payload: toJsonPayload(payload) } : { error: parseFunctionError(payload) };
      await print(stdout, `${JSON.stringify({ requestId, statusCode: 200, functionError, ...answer })}\n`);
      return functionError === null ? ExitCode.Ok : ExitCode.FunctionFailed;
    }
    case 'accepted':
      await print(stdout, `${JSON.stringify({ id: outcome.id, deduplicated: outcome.deduplicated })}\n`);
      return ExitCode.Ok;
    case 'refused':
      return printRefusal(outcome, context, true);
  }
}

/** No answer of the function: was it asked wrongly, was there nobody, or did it not come to an answer? */
function refusalExitCode(code: ErrorCode): number {
  switch (code) {
    case 'InvalidArgument':
    case 'ServiceNotFound':
    case 'FunctionNotFound':
    case 'InvocationNotFound':
    case 'InvocationEnded':
    case 'EntityTooLarge':
    case 'NotImplemented':
      return ExitCode.Usage;
    case 'NoHost':
    case 'Stopping':
      return ExitCode.NoHost;
    case 'ResourceExhausted':
    case 'DeadlockDetected':
    case 'DeadlineExceeded':
    case 'Cancelled':
      return ExitCode.FunctionFailed;
  }
}

/** The host makes it, so it is what it says; still, nothing here trusts text to be JSON. */
function parseFunctionError(payload: string | Buffer): FunctionErrorPayload {
  const text = payload.toString();
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'errorMessage' in value && 'errorType' in value) {
      const stackTrace = 'stackTrace' in value && Array.isArray(value.stackTrace) ? value.stackTrace.map(String) : [];
      return { errorMessage: String(value.errorMessage), errorType: String(value.errorType), stackTrace };
    }
  } catch {
    // Falls through: the text itself is what is known.
  }
  return { errorMessage: text, errorType: 'Error', stackTrace: [] };
}

function endsWithNewline(payload: string | Uint8Array): boolean {
  return typeof payload === 'string' ? payload.endsWith('\n') : payload.at(-1) === 0x0a;
}
