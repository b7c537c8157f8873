/**
 * `edgefc async wait <id>`: waits until an Async invocation is over, and then prints and ends as `edgefc invoke` would have.
 *
 * On a data directory without a host nothing would ever come to an end there: what is not over is refused at once.
 */
import type { InvocationStatus } from '@edgefc/sdk/internal';
import type { Found } from '../../engine/async-api.ts';
import { refused } from '../../engine/invocation/outcome.ts';
import { isLive } from '../../engine/queue/work.ts';
import { print, type CliContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { formatAttempts, toJsonStatus } from '../invocation-text.ts';
import { withTarget, type Target } from '../open-target.ts';
import { readTimeout } from '../payload-input.ts';
import { printFunctionError, printPayload, printRefusal } from '../print-outcome.ts';
import type { ShowOptions } from './show.ts';

/** ms, unless it was said how long. */
const TIMEOUT = 30_000;

export async function waitAsync(
  id: string,
  options: ShowOptions & { readonly timeout?: string },
  context: CliContext,
): Promise<number> {
  const timeout = readTimeout(options.timeout) ?? TIMEOUT;
  return withTarget('edgefc async wait', options, context, async (target) => {
    const found = await waitOn(target, id, timeout, options.function);
    const json = options.json === true;
    if (found.kind === 'refused') return printRefusal(found, context, json);
    const status = found.value;
    if (json) await print(context.stdout, `${JSON.stringify(toJsonStatus(status))}\n`);
    else await printEnd(status, context);
    return status.state === 'Succeeded' ? ExitCode.Ok : ExitCode.FunctionFailed;
  });
}

async function waitOn(
  { kind, api, dataDir }: Target,
  id: string,
  timeout: number,
  target: string | undefined,
): Promise<Found<InvocationStatus>> {
  if (kind === 'running') return api.async.wait(id, timeout, target);
  const found = await api.async.get(id, target);
  if (found.kind === 'refused' || !isLive(found.value.state)) return found;
  const message = `${id} of ${found.value.function} is ${found.value.state}, and no host runs on ${dataDir} that would run it; start one with edgefc start`;
  return refused('NoHost', message);
}

async function printEnd(status: InvocationStatus, context: CliContext): Promise<void> {
  const { state, function: target, attempt, errors, result, resultCut } = status;
  if (state === 'Succeeded') {
    if (result !== null) await printPayload(result, context);
    if (resultCut)
      await print(context.stderr, 'warning: the result is longer than what is kept; this is its beginning\n');
    return;
  }
  if (state === 'Stopped') {
    await print(context.stderr, `error: ${target} was stopped (${formatAttempts(attempt)})\n`);
    return;
  }
  const what = `${target} ${state === 'Expired' ? 'expired' : 'failed'} (${formatAttempts(attempt)})`;
  const last = errors.at(-1);
  if (last === undefined) await print(context.stderr, `error: ${what}: its time was over before it ran\n`);
  else await printFunctionError(what, last, context);
}
