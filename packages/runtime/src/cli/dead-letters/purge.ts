/** `edgefc dead-letters purge`: removes dead letters for good. */
import { print, type CliContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { withTarget } from '../open-target.ts';
import { printRefusal } from '../print-outcome.ts';
import { countDeadLetters, readSelection, type SelectOptions } from './select.ts';

export async function purgeDeadLetters(
  id: string | undefined,
  options: SelectOptions,
  context: CliContext,
): Promise<number> {
  const filter = readSelection('edgefc dead-letters purge', id, options);
  return withTarget('edgefc dead-letters purge', options, context, async ({ api }) => {
    const found = await api.async.purge(filter);
    if (found.kind === 'refused') return printRefusal(found, context, options.json === true);
    const count = found.value;
    await print(
      context.stdout,
      options.json === true ? `${JSON.stringify({ purged: count })}\n` : `${countDeadLetters(count)} purged\n`,
    );
    return ExitCode.Ok;
  });
}
