/**
 * The commands, their arguments and options. What a command does is loaded when it is called: `start` does not wait
 * for what only `check` needs.
 */
import { Command, CommanderError, Option } from 'commander';
import { defineAsyncCommands } from './async/commands.ts';
import type { CheckOptions } from './check.ts';
import { print, type CliContext } from './context.ts';
import { defineDeadLetterCommands } from './dead-letters/commands.ts';
import { ExitCode } from './exit-codes.ts';
import { defineInitCommand } from './init/commands.ts';
import type { InvokeOptions } from './invoke.ts';
import { configOption, dataDirOption, jsonOption, type Run } from './options.ts';
import { readVersion } from './read-version.ts';
import { reportError } from './report-errors.ts';
import type { StopOptions } from './stop.ts';
import { defineSystemdCommand } from './systemd/commands.ts';
import type { TargetOptions } from './target-options.ts';

/** Runs the command line; never rejects. Returns the exit code. */
export async function runProgram(args: readonly string[], context: CliContext): Promise<number> {
  let code: number = ExitCode.Ok;
  const run: Run = async (command, options) => {
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

  defineInitCommand(program, run, context);

  program
    .command('start')
    .description('run the host until SIGINT, SIGTERM or edgefc stop')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action((options: TargetOptions) =>
      run(async () => {
        const { start } = await import('./start.ts');
        return start(options, context);
      }, options),
    );

  program
    .command('stop')
    .description('stop the running host, and wait for its end')
    .addOption(configOption())
    .addOption(dataDirOption())
    .option('--timeout <duration>', "how long running work may take to end (default: the configuration's gracePeriod)")
    .addOption(jsonOption())
    .action((options: StopOptions) =>
      run(async () => {
        const { stop } = await import('./stop.ts');
        return stop(options, context);
      }, options),
    );

  program
    .command('status')
    .description('show how the host is: its queue, memory, disk, clock and functions')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action((options: TargetOptions) =>
      run(async () => {
        const { status } = await import('./status.ts');
        return status(options, context);
      }, options),
    );

  program
    .command('invoke')
    .description('invoke a function and print what it returns, through the running host if there is one')
    .argument('<function>', 'service/function, a function id, or an ARN')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(new Option('-p, --payload <text>', 'the event, as a String').conflicts('payloadFile'))
    .addOption(new Option('--payload-file <file>', 'the event, as a Buffer; - is standard input'))
    .option('--context <json>', 'the invoker context, a JSON object')
    .option('--timeout <duration>', "how long to wait, such as 5s or 250ms (default: the function's)")
    .option('--async', 'only enqueue it, and print its id')
    .option('--delay <duration>', 'with --async: how long before it may start, such as 5m')
    .option('--dedupe-key <key>', "with --async: a repeat gives the first one's id")
    .option('--order-key <key>', 'with --async: those with the same key run one at a time, in order')
    .option('--max-retries <number>', "with --async: runs after the first that may fail (default: the function's)")
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
    .option('--strict', 'fail for warnings, too: a key that is none, for example')
    .addOption(jsonOption())
    .action((options: CheckOptions) =>
      run(async () => {
        const { check } = await import('./check.ts');
        return check(options, context);
      }, options),
    );

  defineAsyncCommands(program, run, context);
  defineDeadLetterCommands(program, run, context);
  defineSystemdCommand(program, run, context);
  return program;
}
