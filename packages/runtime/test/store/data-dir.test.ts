/** The data directory: usable or refused with what to do, and for one host at a time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { prepareDataDir } from '../../src/store/data-dir.ts';
import { acquireLock, readHolder, type Holder } from '../../src/store/lock.ts';
import { readMachineBoot } from '../../src/store/machine-boot.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const HOLDER: Holder = {
  pid: process.pid,
  started: '2030-01-01T00:00:00.000Z',
  version: '0.0.0',
  command: 'edgefc start',
  socket: null,
};

describe('the data directory', () => {
  it('is made with what is above it', () => {
    const directory = join(makeTempDir(), 'a', 'b');
    prepareDataDir(directory);
    prepareDataDir(directory);
    expect(existsSync(directory)).toBe(true);
  });

  it('is refused on a file and below one', () => {
    const file = join(makeTempDir(), 'file');
    writeFileSync(file, '');
    const mend = 'name another one with --data-dir, or mend this one';
    expect(() => {
      prepareDataDir(file);
    }).toThrow(`the data directory ${file} is a file, not a directory; ${mend}`);
    expect(() => {
      prepareDataDir(join(file, 'a', 'b'));
    }).toThrow(`the data directory ${join(file, 'a', 'b')} cannot be made: ${file} is a file; ${mend}`);
  });

  it('is refused where it cannot be written, whoever asks', async () => {
    const directory = makeTempDir();
    mkdirSync(join(directory, 'kept'));
    chmodSync(join(directory, 'kept'), 0o500);
    onTestFinished(() => {
      chmodSync(join(directory, 'kept'), 0o700);
    });
    // Nobody forbids root anything: another user has to ask.
    const asRoot = process.getuid?.() === 0;
    for (const path of [directory, dirname(directory)]) chmodSync(path, 0o711);
    const [kept, below] = [join(directory, 'kept'), join(directory, 'kept', 'new')];
    const refused = await refusals(asRoot ? 65_534 : undefined, [kept, below]);
    const uid = asRoot ? 65_534 : process.getuid?.();
    expect(refused).toEqual([
      expect.stringContaining(
        `the data directory ${kept} cannot be written to by this user (uid ${uid}); name another one`,
      ),
      expect.stringContaining(
        `the data directory ${below} cannot be made by this user (uid ${uid}): ${kept} may not be written to`,
      ),
    ]);
  });
});

describe('the lock', () => {
  it('is held by one host, which is named, and free when that releases it', () => {
    const directory = makeTempDir();
    expect(readHolder(directory)).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
    const lock = acquireLock(directory, HOLDER);
    expect(readHolder(directory)).toEqual(HOLDER);
    lock.describe({ ...HOLDER, socket: '/run/s' });
    expect(readHolder(directory)?.socket).toBe('/run/s');
    expect(() => acquireLock(directory, HOLDER)).toThrow(
      `the data directory ${directory} is in use by the host with pid ${process.pid}, started 2030-01-01T00:00:00.000Z ` +
        '(edgefc start); stop it (edgefc stop), or give this one another --data-dir',
    );
    lock.release();
    lock.release();
    expect(readHolder(directory)).toBeUndefined();
    acquireLock(directory, HOLDER).release();
  });

  it('of another process is seen, and is free when that is killed', async () => {
    const directory = makeTempDir();
    const child = spawn(process.execPath, [join(import.meta.dirname, '../fixtures/store/lock-holder.ts'), directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    expect(readHolder(directory)).toMatchObject({ pid: child.pid, version: '1.2.3', socket: '/run/edgefc' });
    expect(() => acquireLock(directory, HOLDER)).toThrow(expect.objectContaining({ code: 'QueueLocked' }));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readHolder(directory)).toBeUndefined();
    const lock = acquireLock(directory, HOLDER);
    expect(readHolder(directory)?.pid).toBe(process.pid);
    lock.release();
  });
});

it('the boot of the machine is read where the system tells', () => {
  const boot = readMachineBoot();
  if (process.platform !== 'linux') return;
  expect(boot?.boot).toMatch(/^[0-9a-f-]{36}$/);
  expect(boot?.uptime).toBeGreaterThan(0);
});

/** What `prepareDataDir` says to a process of `uid`, one message each. */
async function refusals(uid: number | undefined, directories: readonly string[]): Promise<string[]> {
  const program = join(import.meta.dirname, '../fixtures/store/prepare-as.ts');
  const child = spawn(process.execPath, [program, String(uid ?? ''), ...directories], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  await once(child, 'close');
  return output.split('\n').filter((line) => line !== '');
}
