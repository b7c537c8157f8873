/** The definition of `edgefc init`. */
import { Option, type Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { Run } from '../options.ts';
import type { InitOptions } from './init.ts';

export function defineInitCommand(program: Command, run: Run, context: CliContext): void {
  program
    .command('init')
    .description('make a project: two functions, their configuration, and a test')
    .argument('[directory]', 'where; made if it is not there', '.')
    .addOption(new Option('--typescript', 'write TypeScript (default)').conflicts('javascript'))
    .option('--javascript', 'write JavaScript')
    .option('-y, --yes', 'ask nothing')
    .action((directory: string, options: InitOptions) =>
      run(async () => {
        const { init } = await import('./init.ts');
        return init(directory, options, context);
      }, {}),
    );
}
