/** The version of this package. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export function readVersion(): string {
  const file = createRequire(import.meta.url).resolve('@edgefc/runtime/package.json');
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
