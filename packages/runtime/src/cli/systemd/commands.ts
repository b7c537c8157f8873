/** The definition of `edgefc systemd`. */
import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { configOption, type Run } from '../options.ts';
import type { SystemdOptions } from './systemd.ts';

export function defineSystemdCommand(program: Command, run: Run, context: CliContext): void {
  program
    .command('systemd')
    .description('print a systemd unit that runs the host of a configuration')
    .addOption(configOption())
    .option('--data-dir <directory>', "the host's state (default: /var/lib/<name>, which systemd makes)")
    .option('--user <name>', 'whom it runs as', 'edgefc')
    .option('--name <name>', 'what the unit is called; two hosts on a machine need two', 'edgefc')
    .action((options: SystemdOptions) =>
      run(async () => {
        const { systemd } = await import('./systemd.ts');
        return systemd(options, context);
      }, {}),
    );
}
