/**
 * What two reports of api-report.mjs differ in, for those who wrote code against the first: a line that is gone or says something
 * else may break them, a line that came does not. (A property that came and must be given does; review sees that.)
 */

/**
 * @param {string} before
 * @param {string} after
 * @returns {string[]} the lines of `before` that `after` does not have, each with where it stood
 */
export function brokenLines(before, after) {
  const left = new Map();
  for (const line of promises(after)) left.set(line, (left.get(line) ?? 0) + 1);
  const take = (line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count > 0;
  };
  // A type that could only be spoken of before, and can be imported now, is no loss.
  return promises(before).filter((line) => !take(line) && !take(line.replace(': ', ': export ')));
}

/** How large a change the next version must be called, when one is breaking. */
export function sizeOfBreak(releasedVersion) {
  // Semver: before 1.0.0 it is the minor version that says so.
  return releasedVersion.startsWith('0.') ? 'minor' : 'major';
}

/** Every line with its entry point and the declaration that it is in: the same line means something else elsewhere. */
function promises(report) {
  let entry = '';
  let declaration = '';
  const lines = [];
  for (const line of report.split('\n')) {
    if (line.startsWith('## ')) entry = line.slice(3);
    else if (/^\w/.test(line) && entry !== '') {
      declaration = line.replace(/^export /, '').replace(/\s*\{$/, '');
      lines.push(`${entry}: ${line}`);
    } else if (/^\s+\S/.test(line)) lines.push(`${entry}: ${declaration} … ${line.trim()}`);
  }
  return lines;
}
