/**
 * Runs once around the whole run, in Vitest's main process: afterwards nothing of it may be left on the machine.
 *
 * Files: the run gets a temporary directory of its own, which every `os.tmpdir()` in tests, hosts and their
 * children then means; at the end it must be empty. Processes: at the end none may be left that started during the
 * run and is below us, shares our process group, or is a function's instance without a host.
 * What a single test file left is reported there (clean-file.ts); this finds what outlived its file.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeProcess, descendantsOf, listProcesses, type ProcessInfo } from './processes.ts';

/** ms that an orphan may take to notice that its host is gone: the promise is 2 s. */
const GRACE = 2_500;

const workspace = join(import.meta.dirname, '..', '..');

export default function setup(): () => Promise<void> {
  const machineTemporary = tmpdir();
  // Short: paths of Unix sockets may have no more than 108 bytes in all.
  const temporary = mkdtempSync(join(machineTemporary, 'edgefc-run-'));
  process.env['TMPDIR'] = temporary;
  const before = new Set(listProcesses().map(identity));

  return async () => {
    process.env['TMPDIR'] = machineTemporary;
    const left = await processesLeft(before);
    const files = readdirSync(temporary);
    rmSync(temporary, { recursive: true, force: true });

    const complaints = [
      ...left.map((process) => `process left running: ${describeProcess(process)}`),
      ...files.map((file) => `temporary file left behind: ${file} (use test/support/temp-dir.ts)`),
    ];
    if (complaints.length > 0) throw new Error(`The tests did not clean up.\n  ${complaints.join('\n  ')}`);
  };
}

async function processesLeft(before: ReadonlySet<string>): Promise<ProcessInfo[]> {
  const deadline = performance.now() + GRACE;
  for (;;) {
    const left = findLeft(before);
    if (left.length === 0 || performance.now() >= deadline) return left;
    await sleep(50);
  }
}

function findLeft(before: ReadonlySet<string>): ProcessInfo[] {
  const all = listProcesses();
  const below = new Set(descendantsOf(process.pid, all));
  const group = all.find(({ pid }) => pid === process.pid)?.group;
  const commands = new Map(all.map(({ pid, command }) => [pid, command]));
  return all.filter((candidate) => {
    if (candidate.pid === process.pid || before.has(identity(candidate))) return false;
    if (isOfVitest(candidate)) return false;
    const isInstance =
      candidate.command.includes(join(workspace, 'packages')) && /process-entry/.test(candidate.command);
    const hasHost = /\bnode\b/.test(commands.get(candidate.parent) ?? '');
    return below.has(candidate) || candidate.group === group || (isInstance && !hasHost);
  });
}

/** Vitest's own: workers and their watchdog may still be ending, esbuild's service lives as long as Vitest. */
function isOfVitest({ command }: ProcessInfo): boolean {
  return /^vitest-watchdog|^node \(vitest|[/]node_modules[/][^ ]*[/](?:vitest|esbuild)[/]/.test(command);
}

function identity({ pid, started }: ProcessInfo): string {
  return `${pid}@${started}`;
}
