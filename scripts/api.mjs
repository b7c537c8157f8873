/**
 * `pnpm api`: the public types do not change unseen, and do not break under a version that says they have not.
 *
 * Beside each package lie two reports (api-report.mjs): `api/current.md`, what it exports now, and `api/released.md`, what the last
 * version exported. The first must be what the build exports; when it lacks a line of the second, a pending changeset must call the
 * package's next version major, or minor before 1.0.0. A package that was never released has no second one, and may do as it likes.
 *
 *     pnpm api              checks both; the packages must have been built
 *     pnpm api --write      writes api/current.md
 *     pnpm api --released   writes api/released.md from it: a part of `pnpm version-packages`
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { brokenLines, sizeOfBreak } from './api-changes.mjs';
import { reportOf } from './api-report.mjs';
import { PUBLISHED } from './pack.mjs';

const { values: options } = parseArgs({
  options: { write: { type: 'boolean', default: false }, released: { type: 'boolean', default: false } },
});
const root = join(import.meta.dirname, '..');

let failed = 0;
for (const folder of PUBLISHED) {
  const current = join(root, 'packages', folder, 'api', 'current.md');
  const released = join(root, 'packages', folder, 'api', 'released.md');
  if (options.released) {
    write(released, readFileSync(current, 'utf8'));
    continue;
  }
  const report = reportOf(folder);
  if (options.write) write(current, report);
  else if (!existsSync(current) || readFileSync(current, 'utf8') !== report) {
    complain(
      `packages/${folder}/api/current.md is not what the package exports; see that it should, then: pnpm api --write`,
    );
  }
  if (existsSync(released)) checkAgainst(readFileSync(released, 'utf8'), report, folder);
}
process.exitCode = failed > 0 ? 1 : 0;

function checkAgainst(released, report, folder) {
  const broken = brokenLines(released, report);
  if (broken.length === 0) return;
  const { name, version } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
  const needed = sizeOfBreak(version);
  const announced = announcements(name);
  if (announced.includes('major') || announced.includes(needed)) return;
  complain(
    `${name} ${version} promises what is gone or changed, and no changeset says ${needed} for ${name}; ` +
      `take it back, or: pnpm changeset\n${broken.map((line) => `    ${line}`).join('\n')}`,
  );
}

/** What the pending changesets call the next version of a package. */
function announcements(name) {
  return globSync('.changeset/*.md', { cwd: root })
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .flatMap((text) => [...(/^---\n([^]*?)\n---/.exec(text)?.[1] ?? '').matchAll(/^['"]?([^'":]+)['"]?:\s*(\w+)/gm)])
    .filter(([, of]) => of === name)
    .map(([, , size]) => size);
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function complain(text) {
  console.error(text);
  failed += 1;
}
