/** RESULTS.md: a section for each script, so that each replaces its own and leaves the others alone. */
import { readFile, writeFile } from 'node:fs/promises';

const FILE = new URL('./RESULTS.md', import.meta.url);
const TITLES = {
  bench: 'Side by side',
  soak: 'Soak: many calls with failures among them',
  containment: 'Containment: one offender beside a healthy neighbour',
  routes: 'Routes: the cost of a message by the number of routes',
  queue: 'Queues side by side',
  kill: 'Kills: a host that is killed again and again under load',
  testkit: 'Testkit: what a test waits for, and what it leaves behind',
};

/**
 * @param {keyof typeof TITLES} section
 * @param {string} body Markdown, headings from the second level on
 */
export async function replaceSection(section, body) {
  const before = await readFile(FILE, 'utf8').catch((/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const parts = Object.entries(TITLES).flatMap(([name, title]) => {
    const open = `<!-- ${name} -->\n\n# ${title}\n`;
    const old = before.split(open)[1]?.split('\n<!-- ')[0];
    const text = name === section ? body : old;
    return text === undefined ? [] : [`${open}\n${text.trim()}\n`];
  });
  await writeFile(FILE, parts.join('\n'));
}
