/** `edgefc async stop <id>`: stops an Async invocation, and waits until it is: one that runs has to settle first. */
import { systemClock } from '../../engine/clock.ts';
import { print, type CliContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { formatAttempts, toJsonStatus } from '../invocation-text.ts';
import { withTarget } from '../open-target.ts';
import { printRefusal } from '../print-outcome.ts';
import type { ShowOptions } from './show.ts';

/** ms after which a person wants to know what is waited for. */
const SILENCE = 1000;

export async function stopAsync(id: string, options: ShowOptions, context: CliContext): Promise<number> {
  return withTarget('edgefc async stop', options, context, async ({ api }) => {
    const hint = systemClock.setTimeout(() => {
      const text = `${id} runs and was aborted; waiting until its handler settles, at its timeout at the latest\n`;
      void print(context.stderr, text);
    }, SILENCE);
    const found = await api.async.stop(id, options.function);
    systemClock.clearTimeout(hint);
    if (found.kind === 'refused') return printRefusal(found, context, options.json === true);
    const status = found.value;
    const text =
      options.json === true
        ? JSON.stringify(toJsonStatus(status))
        : `${status.id} of ${status.function} is stopped (${formatAttempts(status.attempt)})`;
    await print(context.stdout, `${text}\n`);
    return ExitCode.Ok;
  });
}
