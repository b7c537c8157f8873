/** The function that misbehaves as its event says, or behaves and is as busy. */
import { execSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** @type {Record<string, () => unknown>} */
const WAYS = {
  'busy loop': () => {
    for (;;);
  },
  'heap growth': () => {
    const kept = [];
    for (;;) kept.push({ text: `${kept.length}`, list: new Array(100).fill(kept.length) });
  },
  // 2 GB/s at most: over a 128 MB limit within 0.1 s, and still a machine left if nobody stops it.
  ArrayBuffers: async () => {
    const kept = [];
    for (;;) {
      kept.push(new Uint8Array(4 * 1024 * 1024).fill(1));
      await pause(2);
    }
  },
  execSync: () => execSync('sleep 60'),
  // Turn after turn, because what a loop writes without a pause stays in the instance.
  'output flood': async () => {
    const line = 'x'.repeat(200);
    for (;;) {
      for (let count = 0; count < 1000; count += 1) console.log(line);
      await nextTurn();
    }
  },
  'raw output flood': () => {
    const lines = `${'x'.repeat(200)}\n`.repeat(300);
    for (;;) writeSync(1, lines);
  },
  'process.exit': () => process.exit(1),
  'process.abort': () => process.abort(),
  'unhandled rejection': () => {
    void Promise.reject(new Error('nobody handles this'));
    return pause(60_000);
  },

  // What the offenders are compared with: as busy, or as idle, and well-behaved.
  spinning: () => {
    const end = performance.now() + 50;
    while (performance.now() < end);
    return 'done';
  },
  sleeping: () => pause(50, 'done'),
};

/** @param {string} event */
export async function handler(event) {
  const way = WAYS[event];
  if (way === undefined) throw new Error(`no way to misbehave is called ${event}`);
  return way();
}
