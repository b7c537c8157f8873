/** `edgefc status`: how the host of a data directory is, or that none runs there and what waits on disk. */
import { systemClock } from '../engine/clock.ts';
import { print, type CliContext } from './context.ts';
import { ExitCode } from './exit-codes.ts';
import { NoDataDirError, withTarget, type Target } from './open-target.ts';
import { formatStatus } from './status-text.ts';
import type { TargetOptions } from './target-options.ts';

export async function status(options: TargetOptions, context: CliContext): Promise<number> {
  const json = options.json === true;

  async function show({ kind, api }: Target): Promise<number> {
    const facts = await api.status();
    const { colour } = context.stdout;
    const text = json
      ? `${JSON.stringify({ state: kind, ...facts })}\n`
      : formatStatus(facts, { colour, now: systemClock.now() });
    await print(context.stdout, text);
    return ExitCode.Ok;
  }

  try {
    return await withTarget('edgefc status', options, context, show);
  } catch (error) {
    if (!(error instanceof NoDataDirError)) throw error;
    // That there is nothing yet is an answer.
    const { dataDir } = error;
    const text = json
      ? JSON.stringify({ state: 'stopped', dataDir, process: null })
      : `stopped: no host has run on ${dataDir} yet`;
    await print(context.stdout, `${text}\n`);
    return ExitCode.Ok;
  }
}
