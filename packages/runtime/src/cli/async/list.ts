/** `edgefc async list`: Async invocations, newest first. */
import type { InvocationFilter } from '../../engine/async-api.ts';
import { systemClock } from '../../engine/clock.ts';
import { WORK_STATES, type WorkState } from '../../engine/queue/work.ts';
import { print, type CliContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { formatInvocations, toJsonStatus } from '../invocation-text.ts';
import { withTarget } from '../open-target.ts';
import { readCount } from '../payload-input.ts';
import { printRefusal } from '../print-outcome.ts';
import type { TargetOptions } from '../target-options.ts';
import { UsageError } from '../usage-error.ts';

export interface ListOptions extends TargetOptions {
  readonly function?: string;
  readonly limit?: string;
  readonly before?: string;
}

/** Rows of a page, unless it was said how many. */
const PAGE = 50;
/** What one question may ask for. */
const MOST = 1000;

export async function listAsync(
  options: ListOptions & { readonly state?: string },
  context: CliContext,
): Promise<number> {
  const states = readStates(options.state);
  const filter = { ...readFilter(options), ...(states === undefined ? {} : { states }) };
  return withTarget('edgefc async list', options, context, async ({ api }) => {
    const found = await api.async.list(filter);
    if (found.kind === 'refused') return printRefusal(found, context, options.json === true);
    const statuses = found.value;
    if (options.json === true) {
      await print(context.stdout, `${JSON.stringify({ invocations: statuses.map(toJsonStatus) })}\n`);
    } else if (statuses.length === 0) {
      await print(context.stdout, 'no Async invocations\n');
    } else {
      const { colour } = context.stdout;
      await print(context.stdout, formatInvocations(statuses, { colour, now: systemClock.now() }));
      await tellMore(filter.limit, statuses, context);
    }
    return ExitCode.Ok;
  });
}

/** `--function`, `--limit` and `--before`, checked. */
export function readFilter(options: ListOptions): InvocationFilter & { readonly limit: number } {
  const limit = readCount('--limit', options.limit, { min: 1, max: MOST }) ?? PAGE;
  return {
    limit,
    ...(options.function === undefined ? {} : { function: options.function }),
    ...(options.before === undefined ? {} : { before: options.before }),
  };
}

/** How to see the next page, on standard error. */
export async function tellMore(
  limit: number,
  page: readonly { readonly id: string }[],
  context: CliContext,
): Promise<void> {
  const last = page.at(-1);
  if (last === undefined || page.length < limit) return;
  await print(context.stderr, `there may be more: --before ${last.id}\n`);
}

function readStates(text: string | undefined): WorkState[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((name) => {
    // People write them in small letters, too.
    const state = WORK_STATES.find((known) => known.toLowerCase() === name.trim().toLowerCase());
    if (state === undefined) {
      throw new UsageError(
        `--state: found ${JSON.stringify(name)}, allowed ${WORK_STATES.join(', ')}, separated by commas`,
      );
    }
    return state;
  });
}
