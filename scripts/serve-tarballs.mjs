/**
 * A registry on loopback with the packages of one folder, one version of each: as much of npm's protocol as an installation
 * needs. It publishes nothing and knows no other packages.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/**
 * @param {string} directory with packed tarballs
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serveTarballs(directory) {
  const files = readdirSync(directory).filter((name) => name.endsWith('.tgz'));
  const tarballs = new Map(files.map((file) => [file, readFileSync(join(directory, file))]));
  const packages = files.map((file) => ({ file, manifest: readManifest(join(directory, file)) }));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const tarball = tarballs.get(path);
    const found = packages.find(({ manifest }) => manifest.name === path);
    if (tarball !== undefined) response.end(tarball);
    else if (found === undefined) response.writeHead(404).end('{}');
    else response.end(JSON.stringify(toDocument(found, `http://${request.headers.host}/`, tarballs)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What a registry says about a package. */
function toDocument({ file, manifest }, url, tarballs) {
  const integrity = `sha512-${createHash('sha512').update(tarballs.get(file)).digest('base64')}`;
  const version = { ...manifest, dist: { tarball: `${url}${file}`, integrity } };
  return {
    name: manifest.name,
    'dist-tags': { latest: manifest.version },
    versions: { [manifest.version]: version },
  };
}

function readManifest(tarball) {
  return JSON.parse(execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }));
}
