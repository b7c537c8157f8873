/** `npx` for the examples of the documentation: the commands of the packages that are there, and no others. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** Whose command it is; a package with one command may be called by its own name. */
const PACKAGES = {
  edgefc: '@edgefc/runtime',
  '@edgefc/runtime': '@edgefc/runtime',
  vitest: 'vitest',
  tsc: 'typescript',
};

const [command = '', ...args] = process.argv
  .slice(2)
  .filter((arg, index) => index > 0 || !/^(?:-y|--no|--yes)$/.test(arg));
const name = PACKAGES[command];
if (name === undefined) {
  console.error(`npx ${command}: the stand-in of the documentation's checks has no such command`);
  process.exit(1);
}
const folder = join(process.env.EDGEFC_DOCS ?? '', 'node_modules', name);
const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const file = typeof bin === 'string' ? bin : (bin[command] ?? Object.values(bin)[0]);
const child = spawn(process.execPath, [join(folder, file), ...args], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
});
