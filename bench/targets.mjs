/** The targets of this stage, each with what was measured. A target is met or not: nothing in between. */

/**
 * @typedef {object} Target
 * @property {string} what
 * @property {string} target
 * @property {string} measured
 * @property {boolean | undefined} met  undefined: not measured in this run
 */

/**
 * @param {(contender: string, caseId: string) => import('./measure.mjs').Figures | undefined} figures
 * @param {Record<string, import('./footprint.mjs').Figure>} footprint
 * @returns {Target[]}
 */
export function judge(figures, footprint) {
  /** @param {string} what @param {string} id @param {string} caseId @param {number} limit @param {string} unit */
  const time = (what, id, caseId, limit, unit) =>
    line(what, `≤ ${limit} × ${unit}`, figures(id, caseId)?.timeRatio, (value) => value <= limit, ' ×');
  /** @param {string} what @param {string} id @param {string} caseId @param {number} limit @param {string} unit */
  const rate = (what, id, caseId, limit, unit) =>
    line(what, `≥ ${limit} × ${unit}`, figures(id, caseId)?.rateRatio, (value) => value >= limit, ' ×');
  /** @param {string} key @param {number} limit */
  const cost = (key, limit) => {
    const figure = footprint[key];
    return line(
      figure?.what ?? key,
      `≤ ${limit} ${figure?.unit ?? ''}`,
      figure?.value,
      (value) => value <= limit,
      ` ${figure?.unit ?? ''}`,
    );
  };
  const copied = 'copied, then transferred';
  return [
    time('thread, p50 one at a time, 32 B', 'edgefc thread', '32B x1', 1.7, 'raw MessagePort'),
    rate('thread, 64 in flight, 32 B', 'edgefc thread', '32B x64', 0.4, 'raw MessagePort'),
    time('process, p50 one at a time, 32 B', 'edgefc process', '32B x1', 2.0, 'raw Unix socket'),
    rate('process, 64 in flight, 32 B', 'edgefc process', '32B x64', 0.4, 'raw Unix socket'),
    time('thread, 1 MiB Buffer, one at a time', 'edgefc thread', '1MiB x1', 1.5, copied),
    cost('first answer thread', 150),
    cost('first answer process', 150),
    cost('idle rss', 75),
    cost('warm process pss', 14),
    cost('warm thread pss', 14),
    cost('cold functions', 2),
    cost('idle cpu thread', 0.2),
    cost('idle cpu process', 0.2),
  ];
}

/**
 * @param {string} what
 * @param {string} target
 * @param {number | undefined} value
 * @param {(value: number) => boolean} test
 * @param {string} unit
 * @returns {Target}
 */
function line(what, target, value, test, unit) {
  return value === undefined
    ? { what, target, measured: 'not in this run', met: undefined }
    : { what, target, measured: `${value.toFixed(2)}${unit}`, met: test(value) };
}
