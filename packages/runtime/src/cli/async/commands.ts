/** The `edgefc async` commands: Async invocations by their id. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { configOption, dataDirOption, jsonOption, type Run } from '../options.ts';
import type { ListOptions } from './list.ts';
import type { ShowOptions } from './show.ts';

export function defineAsyncCommands(program: Command, run: Run, context: CliContext): void {
  const group = program
    .command('async')
    .description('list, show, wait for and stop Async invocations')
    .helpCommand(false);

  const define = (name: string, description: string): Command =>
    group
      .command(name)
      .description(description)
      .addOption(configOption())
      .addOption(dataDirOption())
      .addOption(jsonOption());

  define('list', 'list Async invocations, newest first')
    .option('--function <function>', 'only those of this one')
    .option('--state <states>', 'only those in these states, such as Enqueued,Retrying')
    .option('--limit <number>', 'how many at most (default: 50)')
    .option('--before <id>', 'only those that were accepted before this one')
    .action((options: ListOptions & { readonly state?: string }) =>
      run(async () => {
        const { listAsync } = await import('./list.ts');
        return listAsync(options, context);
      }, options),
    );

  define('show <id>', 'show all that is known of one')
    .option('--function <function>', 'only if it is one of this function')
    .action((id: string, options: ShowOptions) =>
      run(async () => {
        const { showAsync } = await import('./show.ts');
        return showAsync(id, options, context);
      }, options),
    );

  define('wait <id>', 'wait until one is over, and print what it returned')
    .option('--function <function>', 'only if it is one of this function')
    .option('--timeout <duration>', 'how long to wait (default: 30s)')
    .action((id: string, options: ShowOptions & { readonly timeout?: string }) =>
      run(async () => {
        const { waitAsync } = await import('./wait.ts');
        return waitAsync(id, options, context);
      }, options),
    );

  define('stop <id>', 'stop one that is not over')
    .option('--function <function>', 'only if it is one of this function')
    .action((id: string, options: ShowOptions) =>
      run(async () => {
        const { stopAsync } = await import('./stop.ts');
        return stopAsync(id, options, context);
      }, options),
    );
}
