/** The raw limit: an append-only file, one write and one fdatasync for everything that arrived meanwhile. */
import { closeSync, fdatasyncSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGroupCommit } from './group-commit.mjs';
import { toContender } from './work.mjs';

/** @type {Record<string, import('../../contender.mjs').Start>} */
export const variants = {
  file: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    const file = openSync(join(folder, 'queue'), 'a');
    /** @param {string[]} batch */
    const append = (batch) => {
      // A length before each record, so that the file could be read again.
      writeSync(file, batch.map((payload) => `${payload.length}\n${payload}`).join(''));
      fdatasyncSync(file);
    };
    return toContender({
      version: `Node ${process.versions.node}`,
      enqueue: createGroupCommit(append),
      fsync: () => append(['x'.repeat(128)]),
      empty: () => ftruncateSync(file, 0),
      stop: () => {
        closeSync(file);
        rmSync(folder, { recursive: true });
      },
    });
  },
};
