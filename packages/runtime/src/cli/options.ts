/** What the definitions of the commands share. */
import { Option } from 'commander';

/** Runs a command's work: its exit code, or its error printed, is the program's. */
export type Run = (command: () => Promise<number>, options: { readonly json?: boolean }) => Promise<void>;

export function configOption(): Option {
  return new Option(
    '-c, --config <file>',
    'the configuration (default: edgefc.config.ts, .mts, .js, .mjs, .cjs or .json here)',
  );
}

export function dataDirOption(): Option {
  return new Option('--data-dir <directory>', "the host's state (default: .edgefc beside the configuration)");
}

export function jsonOption(): Option {
  return new Option('--json', 'print for programs: JSON instead of text');
}
