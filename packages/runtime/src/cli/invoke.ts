/**
 * `edgefc invoke <service>/<function>`: runs the host just for this call.
 *
 * Standard output is the payload and nothing else, byte for byte; only on a terminal a missing last newline is added,
 * so that the prompt starts on a line of its own. The functions' logs and errors are on standard error.
 */
import { parseTarget, type ErrorCode, type FunctionErrorPayload } from '@edgefc/sdk/internal';
import type { HostDefinition } from '../engine/definition.ts';
import { createHost, type HostOutcome } from '../host.ts';
import { openLog } from '../observe/open-log.ts';
import { print, type CliContext } from './context.ts';
import { ExitCode, signalExitCode } from './exit-codes.ts';
import { locateConfig } from './locate-config.ts';
import { readContext, readPayload, readTimeout } from './payload-input.ts';
import { stopHost } from './stop-host.ts';

export interface InvokeOptions {
  readonly config?: string;
  readonly payload?: string;
  readonly payloadFile?: string;
  readonly context?: string;
  readonly timeout?: string;
  readonly json?: boolean;
}

export async function invoke(target: string, options: InvokeOptions, context: CliContext): Promise<number> {
  const timeout = readTimeout(options.timeout);
  const invokerContext = readContext(options.context);
  const { definition, log: settings } = await locateConfig(options, context);
  const payload = await readPayload(options, context);

  const host = createHost(definition);
  const { stream, colour } = context.stderr;
  const format = options.json === true ? 'json' : 'text';
  const log = openLog(host.events, { ...settings, stream, colour, format, failures: false });
  const cancellation = new AbortController();
  let code: number | undefined;
  // What the function started without waiting for it may end; a call that was given up may not hold the person up.
  let gracePeriod: number | undefined;
  const stopListening = context.onStopSignal((signal) => {
    if (code !== undefined) context.exit(code);
    code = signalExitCode(signal);
    cancellation.abort();
  });
  try {
    await host.start({ only: findKey(definition, target) });
    const outcome = await host.invoke({
      target,
      signal: cancellation.signal,
      ...(payload === undefined ? {} : { payload }),
      ...(invokerContext === undefined ? {} : { invokerContext }),
      ...(timeout === undefined ? {} : { timeout }),
    });
    // What the function wrote before it answered stands above the answer.
    await log.flush();
    const reported = await (options.json === true
      ? printJson(outcome, context)
      : printOutcome(target, outcome, context));
    code ??= reported;
    if (outcome.kind === 'refused') gracePeriod = 0;
  } finally {
    await stopHost(host, context, gracePeriod);
    log.close();
    await log.flush();
    stopListening();
  }
  return code;
}

/** The `Service/function` that `target` names; an unknown one stays as it is, and the host says what is near. */
function findKey({ functions }: HostDefinition, target: string): string {
  const named = parseTarget(target);
  const found = functions.find(({ key, id, service, name }) => {
    if (key === target || id === target) return true;
    return named.kind === 'name' && named.service === service && named.function === name;
  });
  return found?.key ?? target;
}

async function printOutcome(target: string, outcome: HostOutcome, context: CliContext): Promise<number> {
  const { stdout, stderr } = context;
  switch (outcome.kind) {
    case 'answered': {
      const { payload, functionError } = outcome;
      if (functionError !== undefined) {
        const { errorType, errorMessage, stackTrace } = parseFunctionError(payload);
        const stack = stackTrace.map((line) => `    ${line}\n`).join('');
        await print(stderr, `error: ${target} failed (${functionError}): ${errorType}: ${errorMessage}\n${stack}`);
        return ExitCode.FunctionFailed;
      }
      await print(stdout, payload);
      if (stdout.isTerminal && payload.length > 0 && !endsWithNewline(payload)) await print(stdout, '\n');
      return ExitCode.Ok;
    }
    case 'accepted':
      await print(stdout, outcome.id);
      return ExitCode.Ok;
    case 'refused':
      await print(stderr, `error: ${outcome.code}: ${outcome.message}\n`);
      return refusalExitCode(outcome.code);
  }
}

/** One object: text as it is, bytes as `{ "base64": … }`, a failure as `error`. */
async function printJson(outcome: HostOutcome, { stdout }: CliContext): Promise<number> {
  const { code, result } = toJson(outcome);
  await print(stdout, `${JSON.stringify(result)}\n`);
  return code;
}

function toJson(outcome: HostOutcome): { readonly code: number; readonly result: unknown } {
  switch (outcome.kind) {
    case 'answered': {
      const { payload, functionError, requestId } = outcome;
      if (functionError === undefined) {
        const shown = typeof payload === 'string' ? payload : { base64: payload.toString('base64') };
        return { code: ExitCode.Ok, result: { requestId, statusCode: 200, functionError: null, payload: shown } };
      }
      const error = parseFunctionError(payload);
      return { code: ExitCode.FunctionFailed, result: { requestId, statusCode: 200, functionError, error } };
    }
    case 'accepted':
      return { code: ExitCode.Ok, result: { requestId: outcome.id } };
    case 'refused': {
      const { code, message, retryable } = outcome;
      return { code: refusalExitCode(code), result: { error: { code, message, retryable } } };
    }
  }
}

/** No answer of the function: was it asked wrongly, was there nobody, or did it not come to an answer? */
function refusalExitCode(code: ErrorCode): number {
  switch (code) {
    case 'InvalidArgument':
    case 'ServiceNotFound':
    case 'FunctionNotFound':
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

function endsWithNewline(payload: string | Buffer): boolean {
  return typeof payload === 'string' ? payload.endsWith('\n') : payload.at(-1) === 0x0a;
}
