/** The command under a Node that is too old for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemWithNode } from '../../src/cli/node-version.ts';
import { runEdgefc } from './run-edgefc.ts';

describe('a Node that is too old', () => {
  it('is told so before anything is loaded, with what it takes', async () => {
    const says = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } })';
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(says)}` };
    const { code, stdout, stderr } = await runEdgefc(['check', '--json'], { env });
    const message = `edgefc needs Node 22.18 or newer, and this is 20.19.0 (${process.execPath}); install a newer one, or use the bundle for gateways, which brings its own.`;
    expect({ code, stdout: JSON.parse(stdout.toString()) as unknown, stderr }).toEqual({
      code: 2,
      stdout: { error: { code: 'NodeTooOld', message } },
      stderr: `error: NodeTooOld: ${message}\n`,
    });
  });

  it('is one that the manifest does not allow', () => {
    const { engines } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      engines: { node: string };
    };
    const [major, minor] = engines.node.replace('>=', '').split('.').map(Number) as [number, number];
    const isRefused = (version: string): boolean => problemWithNode(version) !== undefined;
    expect([isRefused(`${major}.${minor}.0`), isRefused(`${major + 1}.0.0`)]).toEqual([false, false]);
    expect([isRefused(`${major}.${minor - 1}.9`), isRefused(`${major - 1}.99.0`)]).toEqual([true, true]);
  });
});
