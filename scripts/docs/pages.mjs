/** Which Markdown files there are, and what is asked of which. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** Every Markdown file of the repository but changelogs, which are made: their links are checked. */
export function allPages() {
  const output = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return output
    .split('\n')
    .filter((path) => path !== '' && !/(?:^|\/)CHANGELOG\.md$/.test(path) && existsSync(join(ROOT, path)))
    .sort();
}

/** The pages that people read to use edgefc: their code blocks are checked and run. */
export function isManual(path) {
  return /^README(?:\.[\w-]+)?\.md$|^docs\/[^/]+\.md$|^packages\/[^/]+\/README\.md$/.test(path);
}

/** Translations, and what they translate: their code blocks are the same, and are run there. */
export const TRANSLATIONS = {
  'README.zh-CN.md': 'README.md',
  'docs/getting-started.zh-CN.md': 'docs/getting-started.md',
};
