/**
 * `npm` for the examples of the documentation: does what they ask for with what is there, and downloads nothing.
 *
 *     npm init -y                       writes the package.json that npm writes, as far as it matters
 *     npm install [--save-dev] a b      fails unless each package is there; notes it in package.json
 *     npm install                       the same for what package.json asks for
 *     npm test, npm start, npm run x    runs the script
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';

const modules = join(process.env.EDGEFC_DOCS ?? '', 'node_modules');
const [command = '', ...args] = process.argv.slice(2);
const file = join(process.cwd(), 'package.json');

switch (command) {
  case 'init':
    if (args.join(' ') !== '-y') fail(`npm init ${args.join(' ')}: only -y`);
    write({ name: basename(process.cwd()), version: '1.0.0', type: 'commonjs' });
    break;
  case 'install':
  case 'i':
    install();
    break;
  case 'test':
  case 'start':
    run(command);
    break;
  case 'run':
    run(args[0] ?? '');
    break;
  default:
    fail(`npm ${command}: the stand-in of the documentation's checks has no such command`);
}

function install() {
  const isDev = args.some((arg) => /^(?:-D|--save-dev)$/.test(arg));
  const names = args.filter((arg) => !arg.startsWith('-'));
  const manifest = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const wanted = names.length > 0 ? names : Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  for (const name of wanted) {
    if (!existsSync(join(modules, name, 'package.json'))) fail(`npm install: the examples have no ${name}`);
  }
  const key = isDev ? 'devDependencies' : 'dependencies';
  if (names.length === 0) return;
  write({ ...manifest, [key]: { ...manifest[key], ...Object.fromEntries(names.map((name) => [name, '*'])) } });
}

function run(name) {
  const script = JSON.parse(readFileSync(file, 'utf8')).scripts?.[name];
  if (script === undefined) fail(`npm ${name}: package.json has no such script`);
  // npm puts the commands of installed packages on PATH.
  const commands = ['edgefc', 'tsc', 'vitest'].map((command) => `${command}() { npx ${command} "$@"; }`);
  const { status } = spawnSync('bash', ['-c', [...commands, script].join('\n')], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

function write(manifest) {
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
