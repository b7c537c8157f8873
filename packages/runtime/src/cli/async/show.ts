/** `edgefc async show <id>`: everything that is known of an Async invocation. */
import { systemClock } from '../../engine/clock.ts';
import { print, type CliContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { formatInvocation, toJsonDetails } from '../invocation-text.ts';
import { withTarget } from '../open-target.ts';
import { printRefusal } from '../print-outcome.ts';
import type { TargetOptions } from '../target-options.ts';

export interface ShowOptions extends TargetOptions {
  readonly function?: string;
}

export async function showAsync(id: string, options: ShowOptions, context: CliContext): Promise<number> {
  return withTarget('edgefc async show', options, context, async ({ api }) => {
    const found = await api.async.get(id, options.function);
    if (found.kind === 'refused') return printRefusal(found, context, options.json === true);
    const { colour } = context.stdout;
    const text =
      options.json === true
        ? `${JSON.stringify(toJsonDetails(found.value))}\n`
        : formatInvocation(found.value, { colour, now: systemClock.now() });
    await print(context.stdout, text);
    return ExitCode.Ok;
  });
}
