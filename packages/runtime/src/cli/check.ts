/**
 * `edgefc check`: validates the configuration and loads every handler, without invoking one. A line a function.
 */
import { styleText } from 'node:util';
import type { FunctionDefinition } from '../engine/definition.ts';
import type { CheckOutcome, Host } from '../engine/host-api.ts';
import { createHost } from '../host.ts';
import { openLog } from '../observe/open-log.ts';
import { print, type CliContext } from './context.ts';
import { ExitCode, signalExitCode } from './exit-codes.ts';
import { locateConfig } from './locate-config.ts';
import { stopHost } from './stop-host.ts';

export interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
  /** A warning about the configuration fails the check, too. */
  readonly strict?: boolean;
}

export async function check(options: CheckOptions, context: CliContext): Promise<number> {
  const { definition, log: settings, warnings } = await locateConfig(options, context);
  const host = createHost(definition);
  const { stream, colour } = context.stderr;
  const format = options.json === true ? 'json' : 'text';
  // That each instance ends after its check is no news: only what the modules print while they load is shown.
  const log = openLog(host.events, { ...settings, level: 'warn', stream, colour, format, failures: false });
  const results: { readonly definition: FunctionDefinition; readonly outcome: CheckOutcome }[] = [];
  const stopListening = context.onStopSignal((signal) => {
    context.exit(signalExitCode(signal));
  });
  try {
    const width = Math.max(0, ...definition.functions.map(({ key }) => key.length));
    for await (const result of checkInOrder(host, definition.functions, context.facts.cpus)) {
      results.push(result);
      if (options.json === true) continue;
      await print(
        context.stdout,
        formatResult(result.definition.key.padEnd(width), result.outcome, context.stdout.colour),
      );
    }
  } finally {
    await stopHost(host, context);
    log.close();
    await log.flush();
    stopListening();
  }
  const failed = results.filter(({ outcome }) => !outcome.ok).length;
  const ok = failed === 0 && (options.strict !== true || warnings.length === 0);
  if (options.json === true) {
    const functions = results.map(({ definition: { service, name }, outcome }) => ({
      service,
      function: name,
      ...outcome,
    }));
    await print(context.stdout, `${JSON.stringify({ ok, functions, warnings })}\n`);
  } else {
    const count = results.length === 1 ? '1 function' : `${results.length} functions`;
    const told = warnings.length === 0 ? '' : `, ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}`;
    await print(context.stdout, `${failed === 0 ? `${count} ok` : `${failed} of ${count} failed`}${told}\n`);
  }
  return ok ? ExitCode.Ok : ExitCode.Usage;
}

/** Loads as many at once as there are cores, and gives the results in the order of the configuration. */
async function* checkInOrder(
  host: Host,
  functions: readonly FunctionDefinition[],
  atOnce: number,
): AsyncGenerator<{ definition: FunctionDefinition; outcome: CheckOutcome }> {
  const running: { definition: FunctionDefinition; outcome: Promise<CheckOutcome> }[] = [];
  const waiting = [...functions];
  for (;;) {
    while (running.length < atOnce) {
      const definition = waiting.shift();
      if (definition === undefined) break;
      running.push({ definition, outcome: host.check(definition.key) });
    }
    const first = running.shift();
    if (first === undefined) return;
    yield { definition: first.definition, outcome: await first.outcome };
  }
}

function formatResult(key: string, outcome: CheckOutcome, colour: boolean): string {
  const style = (format: 'green' | 'red', text: string): string =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  if (outcome.ok) return `${style('green', 'ok    ')}  ${key}  ${Math.round(outcome.loadMs)} ms\n`;
  const { errorMessage, stackTrace } = outcome.error;
  const place = stackTrace[0] === undefined ? '' : `\n            ${stackTrace[0]}`;
  return `${style('red', 'failed')}  ${key}  ${outcome.errorType}: ${errorMessage}${place}\n`;
}
