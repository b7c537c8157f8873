/** `edgefc dead-letters redrive`: puts dead letters back into the queue, with all their attempts again. */
import { print, type CliContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { withTarget } from '../open-target.ts';
import { printRefusal } from '../print-outcome.ts';
import { countDeadLetters, readSelection, type SelectOptions } from './select.ts';

export async function redriveDeadLetters(
  id: string | undefined,
  options: SelectOptions,
  context: CliContext,
): Promise<number> {
  const filter = readSelection('edgefc dead-letters redrive', id, options);
  return withTarget('edgefc dead-letters redrive', options, context, async ({ api, kind }) => {
    const found = await api.async.redrive(filter);
    if (found.kind === 'refused') return printRefusal(found, context, options.json === true);
    const count = found.value;
    const later = kind === 'stopped' && count > 0 ? '; the next host runs what was put back (edgefc start)' : '';
    const text =
      options.json === true ? JSON.stringify({ redriven: count }) : `${countDeadLetters(count)} redriven${later}`;
    await print(context.stdout, `${text}\n`);
    return ExitCode.Ok;
  });
}
