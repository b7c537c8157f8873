/**
 * `edgefc start`: runs the host until it is told to stop.
 *
 * On a terminal: a table of the functions, then the log as text. Elsewhere, and with `--json`, every line on standard
 * output is a JSON object, the first of them `{"event":"ready",…}`, and the table goes to standard error.
 */
import { writeDuration } from '../config/units.ts';
import type { HostDefinition } from '../engine/definition.ts';
import { createHost } from '../host.ts';
import { openLog, type OpenLog } from '../observe/open-log.ts';
import { print, type CliContext, type StopSignal } from './context.ts';
import { ExitCode, signalExitCode } from './exit-codes.ts';
import { describeFunction, formatFunctionTable } from './function-table.ts';
import { locateConfig } from './locate-config.ts';
import { stopHost } from './stop-host.ts';

export interface StartOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

export async function start(options: StartOptions, context: CliContext): Promise<number> {
  const { definition, log: settings } = await locateConfig(options, context);
  const json = options.json === true || !context.stdout.isTerminal;
  const host = createHost(definition);
  const { stream, colour } = context.stdout;
  const log = openLog(host.events, { ...settings, stream, colour, format: json ? 'json' : 'text' });
  const stopping = waitForStop(log, definition, context);
  try {
    await host.start();
    await announce(definition, log, context, { json, table: options.json !== true });
    await stopping;
  } finally {
    await stopHost(host, context);
    log.say('info', 'stopped');
    log.close();
    await log.flush();
  }
  return ExitCode.Ok;
}

async function announce(
  definition: HostDefinition,
  log: OpenLog,
  context: CliContext,
  { json, table }: { readonly json: boolean; readonly table: boolean },
): Promise<void> {
  const { functions, settings } = definition;
  const output = json ? context.stderr : context.stdout;
  if (json) {
    const ready = {
      event: 'ready',
      pid: context.pid,
      dataDir: settings.dataDir,
      functions: functions.map(describeFunction),
    };
    log.line(`${JSON.stringify(ready)}\n`);
  }
  if (table) {
    const text = `${formatFunctionTable(functions, output)}data directory: ${settings.dataDir}\n`;
    if (json) await print(output, text);
    else log.line(text);
  }
}

/** Resolves at the first request to stop; the second one does not wait for anything. */
function waitForStop(log: OpenLog, definition: HostDefinition, context: CliContext): Promise<StopSignal> {
  return new Promise((resolve) => {
    let stopping = false;
    context.onStopSignal((signal) => {
      if (stopping) context.exit(signalExitCode(signal));
      stopping = true;
      const grace = writeDuration(definition.settings.gracePeriod);
      log.say('info', `${signal}: stopping; running work has ${grace} to end, a second signal does not wait for it`);
      resolve(signal);
    });
  });
}
