/** What is exported runs: it holds while the function does what it did, and no longer. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestHost, type TestHost } from '../../src/index.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const EDGEFC = join(ROOT, 'packages/runtime/dist/main.js');

/** Asks the sensor twice, tells the log, and fails when both said the same. */
const CONTROL = `
const { FCClient } = require('linkedge-core-sdk');
const fc = new FCClient();
exports.handler = async (event, context) => {
  const first = await fc.invokeFunction({ serviceName: 'Plant', functionName: 'sensor', payload: 'left "1"' });
  const second = await fc.invokeFunction({ serviceName: 'Plant', functionName: 'sensor', payload: 'right' });
  await fc.invokeFunction({ serviceName: 'Plant', functionName: 'log', payload: 'compared', invocationType: 'Async' });
  if (second.functionError !== null) throw new RangeError(\`\${event} of \${context.invokerContext.room}: \${first.payload}, \${JSON.parse(second.payload).errorMessage}, \${new Date().getFullYear()}\`);
  return 'even';
};
`;
const SENSOR = `
let asked = 0;
exports.handler = async () => {
  asked += 1;
  if (asked % 2 === 0) throw new Error("it's \\u2028 */ wet");
  return '21 °C';
};
`;
const CONFIG = `
export default {
  services: {
    Plant: {
      functions: {
        control: { codeUri: './control', retry: { attempts: 1 } },
        sensor: { codeUri: './sensor' },
        log: { codeUri: './log' },
      },
    },
  },
};
`;

describe('an exported test', () => {
  let directory: string;
  const hosts: TestHost[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(realpathSync(tmpdir()), 'edgefc-export-'));
    mkdirSync(join(directory, 'node_modules/@edgefc'), { recursive: true });
    for (const name of ['sdk', 'runtime', 'testkit']) {
      symlinkSync(join(ROOT, 'packages', name), join(directory, 'node_modules/@edgefc', name));
    }
    symlinkSync(join(ROOT, 'node_modules/vitest'), join(directory, 'node_modules/vitest'));
    write('package.json', '{ "name": "plant", "private": true }');
    write('edgefc.config.mjs', CONFIG);
    write('control/index.js', CONTROL);
    write('sensor/index.js', SENSOR);
    write('log/index.js', `exports.handler = async () => 'noted';`);
  });

  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.stop();
    rmSync(directory, { recursive: true });
  });

  const write = (name: string, text: string): void => {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), text);
  };
  const run = (...args: string[]): { status: number | null; output: string } => {
    const env = { ...process.env, NODE_OPTIONS: '', VITEST: undefined, VITEST_POOL_ID: undefined };
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8', env });
    return { status, output: stdout + stderr };
  };
  const runVitest = (): ReturnType<typeof run> => run('node_modules/vitest/vitest.mjs', 'run');
  const runNode = (): ReturnType<typeof run> => run('--test', 'told.test.mjs');
  const fail = async (): Promise<TestHost> => {
    const host = await createTestHost({ root: directory, config: './edgefc.config.mjs' });
    hosts.push(host);
    await host.advance('90m');
    const { functionError } = await host.invoke('Plant/control', 'moisture', { invokerContext: { room: 'cellar' } });
    expect(functionError).toBe('Handled');
    return host;
  };

  it.each([
    ['vitest', 'told.test.ts', runVitest],
    ['node', 'told.test.mjs', runNode],
  ] as const)('of a recorded invocation, for %s, holds until the function is mended', async (runner, file, runFile) => {
    const host = await fail();
    write(file, host.exportTest('Plant/control', { runner, directory }));
    const before = runFile();
    expect(before.output).toContain(runner === 'node' ? 'pass 1' : '1 passed');
    expect(before.status).toBe(0);

    write('control/index.js', `exports.handler = async () => 'even';`);
    expect(runFile().status).toBe(1);
  });

  it('says what it stands for, and takes nothing that was recorded for code', async () => {
    const host = await fail();
    const text = host.exportTest('#1', { directory });
    expect(text).toContain('attempt 1, as it ran at 2030-01-01T01:30:00.000Z');
    expect(text).toContain(`config: new URL('./edgefc.config.mjs', import.meta.url),`);
    expect(text).toContain(
      `'Plant/sensor': fake.sequence('21 °C', fake.error("it's \\u2028 */ wet", { name: 'Error' })),`,
    );
    expect(text).toContain(`'Plant/log': '',`);
  });

  it('of code that the test gave needs to know where that is', async () => {
    const host = await createTestHost({ functions: { 'A/b': async () => 'x' } });
    hosts.push(host);
    await host.invoke('A/b');
    expect(() => host.exportTest('A/b')).toThrow(/its code was given by the test.*exportTest\('A\/b', \{ handler:/);
    const there = { handler: join(directory, 'b/index.handler'), directory };
    expect(host.exportTest('A/b', there)).toContain(
      `functions: { 'A/b': new URL('./b/index.handler', import.meta.url) },`,
    );
    expect(() => host.exportTest('A/c')).toThrow(/exportTest\('A\/c'\): nothing of that was recorded/);
  });

  it('of a dead letter of a gateway is written by the command, and holds until the function is mended', async () => {
    const edgefc = (...args: string[]): ReturnType<typeof run> => run(EDGEFC, ...args);
    const gateway = spawn(process.execPath, [EDGEFC, 'start'], { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(gateway, 'exit');
    const context = JSON.stringify({ room: 'cellar' });
    let id: string;
    try {
      await untilReady(gateway.stdout);
      id = edgefc('invoke', 'Plant/control', '--payload', 'moisture', '--context', context, '--async').output.trim();
      expect(edgefc('async', 'wait', id).status).toBe(1);
      const exported = edgefc('dead-letters', 'export', id, '--out', 'told.test.mjs', '--runner', 'node');
      expect(exported).toEqual({ status: 0, output: `told.test.mjs tells ${id} of Plant/control\n` });
    } finally {
      gateway.kill('SIGTERM');
      await ended;
    }
    expect(runNode().output).toContain('pass 1');
    expect(edgefc('dead-letters', 'export', id, '--runner', 'node').output).toBe(
      readFileSync(join(directory, 'told.test.mjs'), 'utf8'),
    );
    expect(edgefc('dead-letters', 'export', id, '--out', 'told.test.mjs')).toMatchObject({
      status: 2,
      output: expect.stringContaining('exists; name another file, or write over it with --force') as string,
    });
    expect(edgefc('dead-letters', 'export', id, '--runner', 'mocha').output).toContain('allowed vitest, jest, node');
    expect(edgefc('dead-letters', 'export', 'none.1').output).toContain('InvocationNotFound');

    write('control/index.js', `exports.handler = async () => 'even';`);
    expect(runNode().status).toBe(1);
  });
});

/** The first line of a host that takes work. */
async function untilReady(output: Readable): Promise<void> {
  for await (const line of createInterface({ input: output })) {
    if (line.includes('"event":"ready"')) break;
  }
  output.resume();
}
