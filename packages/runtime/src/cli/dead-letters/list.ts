/** `edgefc dead-letters list`: what failed for good, newest first. */
import { systemClock } from '../../engine/clock.ts';
import { readFilter, tellMore, type ListOptions } from '../async/list.ts';
import { print, type CliContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { formatDeadLetters, toJsonStatus } from '../invocation-text.ts';
import { withTarget } from '../open-target.ts';
import { printRefusal } from '../print-outcome.ts';

export async function listDeadLetters(options: ListOptions, context: CliContext): Promise<number> {
  const filter = readFilter(options);
  return withTarget('edgefc dead-letters list', options, context, async ({ api }) => {
    const found = await api.async.list({ ...filter, states: ['Failed', 'Expired'] });
    if (found.kind === 'refused') return printRefusal(found, context, options.json === true);
    const statuses = found.value;
    if (options.json === true) {
      await print(context.stdout, `${JSON.stringify({ deadLetters: statuses.map(toJsonStatus) })}\n`);
    } else if (statuses.length === 0) {
      await print(context.stdout, 'no dead letters\n');
    } else {
      const { colour } = context.stdout;
      await print(context.stdout, formatDeadLetters(statuses, { colour, now: systemClock.now() }));
      await tellMore(filter.limit, statuses, context);
    }
    return ExitCode.Ok;
  });
}
