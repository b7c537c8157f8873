/** `edgefc dead-letters show <id>`: a dead letter with its payload and the error of every attempt. */
import { systemClock } from '../../engine/clock.ts';
import { refused } from '../../engine/invocation/outcome.ts';
import { isDead } from '../../engine/queue/work.ts';
import type { ShowOptions } from '../async/show.ts';
import { print, type CliContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { formatInvocation, toJsonDetails } from '../invocation-text.ts';
import { withTarget } from '../open-target.ts';
import { printRefusal } from '../print-outcome.ts';

export async function showDeadLetter(id: string, options: ShowOptions, context: CliContext): Promise<number> {
  return withTarget('edgefc dead-letters show', options, context, async ({ api }) => {
    const json = options.json === true;
    const found = await api.async.get(id, options.function);
    if (found.kind === 'refused') return printRefusal(found, context, json);
    const { state, function: target } = found.value;
    if (!isDead(state)) {
      const message = `${id} of ${target} is ${state}, and no dead letter; edgefc async show ${id} shows it`;
      return printRefusal(refused('InvalidArgument', message), context, json);
    }
    const { colour } = context.stdout;
    const text = json
      ? `${JSON.stringify(toJsonDetails(found.value))}\n`
      : formatInvocation(found.value, { colour, now: systemClock.now() });
    await print(context.stdout, text);
    return ExitCode.Ok;
  });
}
