/** The `edgefc dead-letters` commands: what failed for good. */
import type { Command } from 'commander';
import type { ListOptions } from '../async/list.ts';
import type { ShowOptions } from '../async/show.ts';
import type { CliContext } from '../context.ts';
import { configOption, dataDirOption, jsonOption, type Run } from '../options.ts';
import type { ExportOptions } from './export.ts';
import type { SelectOptions } from './select.ts';

export function defineDeadLetterCommands(program: Command, run: Run, context: CliContext): void {
  const group = program
    .command('dead-letters')
    .description('list, show, export, redrive and purge Async invocations that failed for good')
    .helpCommand(false);

  const define = (name: string, description: string): Command =>
    group
      .command(name)
      .description(description)
      .addOption(configOption())
      .addOption(dataDirOption())
      .addOption(jsonOption());

  define('list', 'list dead letters, newest first')
    .option('--function <function>', 'only those of this one')
    .option('--limit <number>', 'how many at most (default: 50)')
    .option('--before <id>', 'only those that were accepted before this one')
    .action((options: ListOptions) =>
      run(async () => {
        const { listDeadLetters } = await import('./list.ts');
        return listDeadLetters(options, context);
      }, options),
    );

  define('show <id>', 'show one with its payload and the error of every attempt')
    .option('--function <function>', 'only if it is one of this function')
    .action((id: string, options: ShowOptions) =>
      run(async () => {
        const { showDeadLetter } = await import('./show.ts');
        return showDeadLetter(id, options, context);
      }, options),
    );

  define(
    'export <id>',
    'write one as a test that does what it did: its event, context and clock, and what it was answered',
  )
    .option('--function <function>', 'only if it is one of this function')
    .option('--out <file>', 'into this file (default: standard output)')
    .option('--force', 'also when that file exists')
    .option('--runner <runner>', 'vitest, jest or node (default: vitest)')
    .action((id: string, options: ExportOptions) =>
      run(async () => {
        const { exportDeadLetter } = await import('./export.ts');
        return exportDeadLetter(id, options, context);
      }, options),
    );

  define('redrive [id]', 'put dead letters back into the queue, with all their attempts again')
    .option('--function <function>', 'those of this one')
    .option('--all', 'all of them')
    .action((id: string | undefined, options: SelectOptions) =>
      run(async () => {
        const { redriveDeadLetters } = await import('./redrive.ts');
        return redriveDeadLetters(id, options, context);
      }, options),
    );

  define('purge [id]', 'remove dead letters for good')
    .option('--function <function>', 'those of this one')
    .option('--all', 'all of them')
    .action((id: string | undefined, options: SelectOptions) =>
      run(async () => {
        const { purgeDeadLetters } = await import('./purge.ts');
        return purgeDeadLetters(id, options, context);
      }, options),
    );
}
