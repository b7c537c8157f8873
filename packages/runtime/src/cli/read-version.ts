/** The version of this package, or of one that it has installed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export function readVersion(name = '@edgefc/runtime'): string {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
