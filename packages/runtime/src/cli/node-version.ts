/** Which Node the command needs: with SQLite, and reading TypeScript by itself. */
const OLDEST = [22, 18] as const;

/** What is wrong with Node `version` (`22.18.0`), if anything. */
export function problemWithNode(version: string): { readonly code: string; readonly message: string } | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  const message = `edgefc needs Node ${OLDEST.join('.')} or newer, and this is ${version} (${process.execPath}); install a newer one, or use the bundle for gateways, which brings its own.`;
  return { code: 'NodeTooOld', message };
}
