/** The guide's examples, taken out of docs/testing.md as a reader would. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../../..');
const GUIDE = readFileSync(join(ROOT, 'docs/testing.md'), 'utf8');

export interface GuideFile {
  readonly name: string;
  readonly text: string;
}

/** Blocks that begin with the name of their file. */
export function guideFiles(): GuideFile[] {
  return [...GUIDE.matchAll(/^```[jt]s\n\/\/ (\S+\.[cm]?[jt]s)\n([\s\S]*?)^```$/gm)].map(
    ([, name = '', text = '']) => ({
      name,
      text,
    }),
  );
}

/** What the guide shows as printed under a sentence. */
export function guideOutput(sentence: string): string {
  const [, after = ''] = GUIDE.split(`${sentence}:\n`);
  return /^```text\n([\s\S]*?)^```$/m.exec(after)?.[1]?.trimEnd() ?? '';
}

/** Writes the examples into a project of their own, with the packages as if they were installed there. */
export function writeProject(directory: string): void {
  for (const { name, text } of guideFiles()) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  writeFileSync(
    join(directory, 'failing.config.mjs'),
    `import { edgefc } from '@edgefc/testkit/vitest';\nexport default { plugins: [edgefc()], test: { include: ['failing.ts'] } };\n`,
  );
  mkdirSync(join(directory, 'names'));
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'plant', private: true }));
  mkdirSync(join(directory, 'node_modules/@edgefc'), { recursive: true });
  for (const name of ['sdk', 'runtime', 'testkit']) {
    symlinkSync(join(ROOT, 'packages', name), join(directory, 'node_modules/@edgefc', name));
  }
  symlinkSync(join(ROOT, 'node_modules/vitest'), join(directory, 'node_modules/vitest'));
}
