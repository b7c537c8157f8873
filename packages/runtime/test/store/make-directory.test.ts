import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeDirectory } from '../../src/store/make-directory.ts';
import { makeTempDir } from '../support/temp-dir.ts';

describe('a directory that is made', () => {
  it('comes with what is missing above it, and may be there already', () => {
    const directory = join(makeTempDir(), 'a', 'b', 'c');
    makeDirectory(directory);
    makeDirectory(directory);
    expect(existsSync(directory)).toBe(true);
  });

  it('is refused below a file, and in place of one', () => {
    const file = join(makeTempDir(), 'file');
    writeFileSync(file, '');
    expect(() => makeDirectory(file)).toThrow(/EEXIST/);
    expect(() => makeDirectory(join(file, 'a', 'b'))).toThrow(/ENOTDIR/);
  });

  it.runIf(existsSync('/proc/self'))('is refused by a file system that has no place for it, at once', () => {
    expect(() => makeDirectory('/proc/edgefc/data')).toThrow(/ENOENT/);
  });
});
