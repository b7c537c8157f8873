/** Targets of the queue benchmark: one that is busy for ever, and one that notes when its handler starts. */

/** @param {string} _event @param {{ signal: AbortSignal }} context */
export async function hold(_event, { signal }) {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });
}

/** Monotonic, and the same clock in all processes of the machine; ns. @type {number[]} */
let starts = [];

/** @param {string} event `note` and `collect` are Sync calls; anything else is a job whose start is noted */
export async function note(event) {
  const now = Number(process.hrtime.bigint());
  if (event === 'note') return event;
  if (event !== 'collect') {
    starts.push(now);
    return '';
  }
  const noted = starts;
  starts = [];
  return JSON.stringify(noted);
}
