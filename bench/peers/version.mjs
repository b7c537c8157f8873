/** The installed version of a peer, for the report. */
import { readFileSync } from 'node:fs';

/** @param {string} name @returns {string} `name version` */
export function versionOf(name) {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${JSON.parse(readFileSync(file, 'utf8')).version}`;
}
