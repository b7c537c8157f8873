/**
 * Lock files and npm settings name packages by version and checksum, never by the host they were fetched from: whoever
 * clones this installs from the registry of their own. Fails when a file names one.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const FILES = '**/{pnpm-lock.yaml,package-lock.json,npm-shrinkwrap.json,yarn.lock,.npmrc,pnpm-workspace.yaml}';
const HOST = /\b(?:tarball|resolved|registry)\b["']?\s*[:=]?\s*["']?(?:https?:)?\/\//;

const files = globSync(FILES, { cwd: root, exclude: (name) => /(?:^|[/\\])(?:node_modules|dist|\.git)$/.test(name) });
let found = 0;
for (const file of files) {
  for (const [index, line] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
    if (!HOST.test(line)) continue;
    found += 1;
    console.error(`${file}:${index + 1}: names a registry host: ${line.trim()}`);
  }
}
console.log(`lock files: ${files.length} looked at, ${found} lines that name a host`);
process.exitCode = found > 0 ? 1 : 0;
