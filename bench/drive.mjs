/**
 * One slice of load: so many calls under way at once for so many milliseconds, each timed.
 *
 * The same code runs in every caller (the parent of a pool, a client process, an edgefc function), so that its own
 * cost, about 0.2 µs a call, is the same for all.
 */

/**
 * @typedef {object} Slice
 * @property {number} calls     calls that were answered
 * @property {number} elapsed   ms from the first call to the last answer
 * @property {number[]} samples µs, evenly thinned out of all calls; none where the caller's clock is too coarse for them
 */

/** Samples kept of one slice: enough for a p99, few enough to send as JSON between processes. */
const MAX_SAMPLES = 4096;

/**
 * @param {() => unknown} call      makes one call; its promise settles with the answer
 * @param {number} inFlight
 * @param {number} milliseconds
 * @returns {Promise<Slice>}
 */
export async function drive(call, inFlight, milliseconds) {
  const samples = createThinningList();
  let calls = 0;
  const begin = performance.now();
  const end = begin + milliseconds;

  const lane = async () => {
    let before = performance.now();
    do {
      await call();
      const after = performance.now();
      samples.add((after - before) * 1000);
      calls += 1;
      before = after;
    } while (before < end);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { calls, elapsed: performance.now() - begin, samples: samples.list() };
}

/** Keeps every nth value; when it is full it forgets every other one and doubles n. */
function createThinningList() {
  /** @type {number[]} */
  let kept = [];
  let stride = 1;
  let seen = 0;
  return {
    /** @param {number} value */
    add(value) {
      if (seen % stride === 0) {
        if (kept.length === MAX_SAMPLES) {
          kept = kept.filter((_, index) => index % 2 === 0);
          stride *= 2;
        }
        if (seen % stride === 0) kept.push(value);
      }
      seen += 1;
    },
    list: () => kept.map((value) => Math.round(value * 10) / 10),
  };
}
