/** The part of docs/cli.md that is generated: what `--help` prints, command by command. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../pages.mjs';

const MAIN = join(ROOT, 'packages/runtime/src/cli/main.ts');

export function generateCli() {
  const sections = [];
  /** @param {string[]} path */
  const visit = (path) => {
    const help = helpOf(path);
    sections.push(`## ${['edgefc', ...path].join(' ')}\n\n\`\`\`text\n${help}\n\`\`\`\n`);
    for (const name of commandsIn(help)) visit([...path, name]);
  };
  visit([]);
  return sections.join('\n');
}

function helpOf(path) {
  const output = execFileSync(process.execPath, [MAIN, ...path, '--help'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: undefined, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_OPTIONS: '' },
  });
  return output.trimEnd();
}

/** The names under `Commands:`; a description that goes on in the next line is indented further. */
function commandsIn(help) {
  const [, list = ''] = help.split(/^Commands:$/m);
  const [first = ''] = list.split(/\n\n/);
  return [...first.matchAll(/^ {2}([a-z][\w-]*)/gm)].map(([, name = '']) => name);
}
