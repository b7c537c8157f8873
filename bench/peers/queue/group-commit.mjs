/** Group commit on one event loop: everything that arrives in one turn is committed together, then acknowledged. */

/**
 * @template T
 * @param {(batch: T[]) => void} commit  synchronous, and back when the batch is on disk
 * @returns {(item: T) => Promise<void>} settles after the commit
 */
export function createGroupCommit(commit) {
  /** @type {T[]} */
  let items = [];
  /** @type {(() => void)[]} */
  let settle = [];
  const flush = () => {
    const [batch, waiting] = [items, settle];
    [items, settle] = [[], []];
    commit(batch);
    for (const one of waiting) one();
  };
  return (item) =>
    new Promise((resolve) => {
      settle.push(resolve);
      if (items.push(item) === 1) setImmediate(flush);
    });
}
