import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatherHostFacts, readCgroupMemory } from '../../src/config/host-facts.ts';
import { makeTempDir } from '../support/temp-dir.ts';

function makeRoot(files: Readonly<Record<string, string>>): string {
  const root = makeTempDir();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

describe('the memory limit of the cgroup', () => {
  it('is the lowest of the group and those above it (version 2)', () => {
    const root = makeRoot({
      'proc/self/cgroup': '0::/system.slice/edgefc.service\n',
      'sys/fs/cgroup/system.slice/edgefc.service/memory.max': 'max\n',
      'sys/fs/cgroup/system.slice/memory.max': '268435456\n',
    });
    expect(readCgroupMemory(root)).toBe(268_435_456);
  });

  it('is found in a container, where the group is the root', () => {
    expect(readCgroupMemory(makeRoot({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': '1000000\n' }))).toBe(
      1_000_000,
    );
  });

  it('is read from version 1', () => {
    const root = makeRoot({
      'proc/self/cgroup': '5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n',
      'sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '536870912\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    });
    expect(readCgroupMemory(root)).toBe(536_870_912);
  });

  it('is none where there is none', () => {
    expect(readCgroupMemory(makeRoot({}))).toBeUndefined();
    expect(
      readCgroupMemory(makeRoot({ 'proc/self/cgroup': '0::/a\n', 'sys/fs/cgroup/a/memory.max': 'max' })),
    ).toBeUndefined();
  });
});

describe('the facts of this machine', () => {
  it('are some cores and some memory', () => {
    const facts = gatherHostFacts({ A: 'b' }, '/somewhere');
    expect(facts).toMatchObject({ hostEnv: { A: 'b' }, cwd: '/somewhere' });
    expect(facts.cpus).toBeGreaterThanOrEqual(1);
    expect(facts.totalMemory).toBeGreaterThan(64 * 1024 ** 2);
    expect(Number.isFinite(facts.totalMemory)).toBe(true);
  });
});
