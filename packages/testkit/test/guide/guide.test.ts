/** docs/testing.md: its examples run as they stand there. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guideFiles, guideOutput, writeProject } from './guide.ts';

const VITEST = join(import.meta.dirname, '../../../../node_modules/vitest/vitest.mjs');

/** Of what Vitest reports as JSON, what is looked at. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly failureMessages: readonly string[] }[];
  }[];
}

describe('the examples of the guide', () => {
  let directory: string;

  beforeAll(() => {
    directory = mkdtempSync(join(realpathSync(tmpdir()), 'edgefc-guide-'));
    writeProject(directory);
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  const run = (...args: string[]): SpawnSyncReturns<string> => {
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      VITEST: undefined,
      VITEST_POOL_ID: undefined,
      NODE_V8_COVERAGE: undefined,
    };
    return spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8', env });
  };

  const runVitest = (...args: string[]): { status: number | null; stderr: string; report: Report } => {
    const file = join(directory, 'report.json');
    const { status, stderr } = run(VITEST, 'run', '--reporter=json', `--outputFile=${file}`, ...args);
    return { status, stderr, report: JSON.parse(readFileSync(file, 'utf8')) as Report };
  };

  it('hold in Vitest', () => {
    const { status, report, stderr } = runVitest();
    expect(stderr).toBe('');
    expect(report.testResults.filter((one) => one.status !== 'passed')).toEqual([]);
    const tests = guideFiles().filter(({ name }) => name.endsWith('.test.ts'));
    expect(report.testResults).toHaveLength(tests.length);
    expect(status).toBe(0);
  });

  it('fail as the guide shows', () => {
    const { status, report } = runVitest('--config=failing.config.mjs');
    const messages = report.testResults[0]?.assertionResults.map(({ failureMessages: [first = ''] }) => first);
    const shown = ['An un-faked call', 'A wrong expectation', 'A handler that hangs', 'A forgotten `await`'];
    expect(messages?.map((message) => normalize(message, directory))).toEqual(shown.map(guideOutput));
    expect(status).toBe(1);
  });

  it('hold in node:test', () => {
    const { status, stdout } = run('--test', '--test-reporter=tap', 'greeter.node-test.mjs');
    expect(stdout).toMatch(/^# pass 1$/m);
    expect(status).toBe(0);
  });
});

/** Without the stack, and with what differs from run to run as the guide has it. */
function normalize(message: string, directory: string): string {
  return message
    .replaceAll(directory, '/plant')
    .replaceAll(/for \d+ms/g, 'for 2010ms')
    .replaceAll(/^ {4}at .*\n?/gm, '')
    .trimEnd();
}
