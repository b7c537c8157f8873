/**
 * The commands, their arguments and options. What a command does is loaded when it is called: `start` does not wait
 * for what only `check` needs.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Command, CommanderError, Option } from 'commander';
import type { CheckOptions } from './check.ts';
import { print, type CliContext } from './context.ts';
import { ExitCode } from './exit-codes.ts';
import type { InvokeOptions } from './invoke.ts';
import { reportError } from './report-errors.ts';
import type { StartOptions } from './start.ts';

/** Runs the command line; never rejects. Returns the exit code. */
export async function runProgram(args: readonly string[], context: CliContext): Promise<number> {
  let code: number = ExitCode.Ok;
  const run = async (command: () => Promise<number>, options: { readonly json?: boolean }): Promise<void> => {
    try {
      code = await command();
    } catch (error) {
      code = await reportError(error, context, options.json === true);
    }
  };
  const program = defineProgram(run, context);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // What commander has printed is with the reader before the process ends.
    await Promise.all([print(context.stdout, ''), print(context.stderr, '')]);
    // Help and version end with 0, everything else it throws is wrong usage.
    return error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
  }
  return code;
}

type Run = (command: () => Promise<number>, options: { readonly json?: boolean }) => Promise<void>;

function defineProgram(run: Run, context: CliContext): Command {
  const program = new Command('edgefc')
    .description('Runs Node functions on one machine, in threads or processes, and lets them call one another.')
    .version(readVersion(), '-V, --version', 'print the version')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.stream.write(text),
      writeErr: (text) => context.stderr.stream.write(text),
      getOutHasColors: () => context.stdout.colour,
      getErrHasColors: () => context.stderr.colour,
    })
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 the function failed, 2 wrong usage or configuration, 3 the host could not be reached or started.',
    );

  const configOption = (): Option =>
    new Option(
      '-c, --config <file>',
      'the configuration (default: edgefc.config.ts, .mts, .js, .mjs, .cjs or .json here)',
    );
  const jsonOption = (): Option => new Option('--json', 'print for programs: JSON instead of text');

  program
    .command('start')
    .description('run the host until SIGINT or SIGTERM')
    .addOption(configOption())
    .option('--data-dir <directory>', "the host's state (default: .edgefc beside the configuration)")
    .addOption(jsonOption())
    .action((options: StartOptions) =>
      run(async () => {
        const { start } = await import('./start.ts');
        return start(options, context);
      }, options),
    );

  program
    .command('invoke')
    .description('invoke a function and print what it returns')
    .argument('<function>', 'service/function, a function id, or an ARN')
    .addOption(configOption())
    .addOption(new Option('-p, --payload <text>', 'the event, as a String').conflicts('payloadFile'))
    .addOption(new Option('--payload-file <file>', 'the event, as a Buffer; - is standard input'))
    .option('--context <json>', 'the invoker context, a JSON object')
    .option('--timeout <duration>', "how long to wait, such as 5s or 250ms (default: the function's)")
    .addOption(jsonOption())
    .action((target: string, options: InvokeOptions) =>
      run(async () => {
        const { invoke } = await import('./invoke.ts');
        return invoke(target, options, context);
      }, options),
    );

  program
    .command('check')
    .description('validate the configuration and load every handler, without invoking one')
    .addOption(configOption())
    .addOption(jsonOption())
    .action((options: CheckOptions) =>
      run(async () => {
        const { check } = await import('./check.ts');
        return check(options, context);
      }, options),
    );

  return program;
}

function readVersion(): string {
  const file = createRequire(import.meta.url).resolve('@edgefc/runtime/package.json');
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
