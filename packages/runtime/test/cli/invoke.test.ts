import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTempDir } from '../support/temp-dir.ts';
import { runEdgefc, startEdgefc, type Run, type RunOptions } from './run-edgefc.ts';

/** Invokes a function of the fixtures, with a data directory of its own. */
function invoke(target: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Run> {
  return runEdgefc(['invoke', target, ...args], {
    ...options,
    env: { EDGEFC_DATA_DIR: makeTempDir(), ...options.env },
  });
}

describe('edgefc invoke', () => {
  it('prints the payload and nothing else on stdout, and the functions’ logs on stderr', async () => {
    const { code, stdout, stderr } = await invoke('Test/echo', ['--payload', 'hi']);
    expect(stdout.toString()).toBe('hi');
    expect(stderr).toMatch(/INFO {2}Test\/echo#1 {2}event is a String\n/);
    expect(code).toBe(0);
  });

  it('finds the function by its id and its ARN too', async () => {
    expect((await invoke('the-echo', ['--payload', 'a'])).stdout.toString()).toBe('a');
    expect((await invoke('acs:fc:::service:Test:function:echo', ['--payload', 'b'])).stdout.toString()).toBe('b');
  });

  it('lets functions call one another', async () => {
    const { code, stdout, stderr } = await invoke('Test/relay', ['--payload', 'through']);
    expect([code, stdout.toString(), stderr]).toEqual([
      0,
      'through',
      expect.stringContaining('Test/echo#1  event is a String'),
    ]);
  });

  it('prints bytes as they are', async () => {
    expect((await invoke('Test/bytes')).stdout).toEqual(Buffer.from([0xff, 0x00, 0x0a]));
    expect((await invoke('Test/big')).stdout).toHaveLength(1_000_000);
  });

  it('sends a file, or standard input, as a Buffer, byte for byte', async () => {
    const bytes = Buffer.from([0, 1, 0xfe, 0xff]);
    const file = join(makeTempDir(), 'event.bin');
    writeFileSync(file, bytes);
    const fromFile = await invoke('Test/echo', ['--payload-file', file]);
    expect(fromFile.stdout).toEqual(bytes);
    expect(fromFile.stderr).toContain('event is a Buffer');
    expect((await invoke('Test/echo', ['--payload-file', '-'], { stdin: bytes })).stdout).toEqual(bytes);
  });

  it('sends the context', async () => {
    const { stdout } = await invoke('Test/context', ['--context', '{"custom":{"data":"hi"}}']);
    expect(JSON.parse(stdout.toString())).toEqual({ custom: { data: 'hi' } });
  });

  it('ends with 1 when the function failed, its error and stack on stderr', async () => {
    const { code, stdout, stderr } = await invoke('Test/fail');
    expect(code).toBe(1);
    expect(stdout).toHaveLength(0);
    expect(stderr).toMatch(
      /^error: Test\/fail failed \(Handled\): TypeError: no such tariff\n {4}at exports\.fail \(.*functions\.cjs:\d+:\d+\)/m,
    );
  });

  it('ends with 1 when the time is over', async () => {
    const { code, stderr } = await invoke('Test/hang', ['--timeout', '300ms']);
    expect(code).toBe(1);
    expect(stderr).toContain('error: DeadlineExceeded: ');
    expect(stderr).toContain('300 ms');
  });

  it('ends with 2 and the nearest names when there is no such function', async () => {
    const { code, stdout, stderr } = await invoke('Test/ecko');
    expect([code, stdout.toString()]).toEqual([2, '']);
    expect(stderr).toBe('error: FunctionNotFound: the service "Test" has no function "ecko"; did you mean "echo"?\n');
  });

  it.each([
    ['--timeout', '5'],
    ['--timeout', 'soon'],
    ['--context', '[1]'],
    ['--context', '{'],
    ['--payload-file', '/nowhere/event.json'],
    ['--config', '/nowhere/edgefc.config.ts'],
    ['--config', '/nowhere/edgefc.config.yaml'],
  ])('ends with 2 for %s %s, and says what is allowed', async (option, value) => {
    const { code, stdout, stderr } = await invoke('Test/echo', [option, value]);
    expect([code, stdout.toString()]).toEqual([2, '']);
    expect(stderr).toMatchSnapshot();
  });

  it('prints one JSON object with --json, whatever happens', async () => {
    const json = async (target: string, ...args: string[]): Promise<unknown> => {
      const { code, stdout } = await invoke(target, ['--json', ...args]);
      expect(stdout.toString()).toMatch(/^\{.*\}\n$/);
      return { code, ...(JSON.parse(stdout.toString()) as object) };
    };
    expect(await json('Test/echo', '--payload', 'x')).toEqual({
      code: 0,
      requestId: expect.any(String) as string,
      statusCode: 200,
      functionError: null,
      payload: 'x',
    });
    expect(await json('Test/bytes')).toMatchObject({ code: 0, payload: { base64: '/wAK' } });
    expect(await json('Test/fail')).toMatchObject({
      code: 1,
      functionError: 'Handled',
      error: { errorType: 'TypeError', errorMessage: 'no such tariff' },
    });
    expect(await json('Test/ecko')).toMatchObject({ code: 2, error: { code: 'FunctionNotFound', retryable: false } });
    expect(await json('Test/echo', '--timeout', '5')).toMatchObject({ code: 2, error: { code: 'UsageError' } });
    expect(await json('Test/echo', '--config', 'nope.ts')).toMatchObject({
      code: 2,
      error: { code: 'ConfigError', problems: [{ file: 'nope.ts' }] },
    });
  });

  it('is no failure when the reader of the payload leaves early', async () => {
    const running = startEdgefc(['invoke', 'Test/big'], { env: { EDGEFC_DATA_DIR: makeTempDir() } });
    running.child.stdout?.destroy();
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('is taken back by SIGINT, stops the host, and ends as shells expect', async () => {
    const running = startEdgefc(['invoke', 'Test/hang', '--timeout', '20s'], {
      env: { EDGEFC_DATA_DIR: makeTempDir() },
    });
    const stderr = running.child.stderr!;
    await new Promise<void>((resolve, reject) => {
      stderr.on('data', (text: string) => {
        if (text.includes('hanging')) resolve();
      });
      void running.ended.then((run) => reject(new Error(run.stderr)));
    });
    running.child.kill('SIGINT');
    const { code, stderr: said } = await running.ended;
    expect(code).toBe(130);
    expect(said).toContain('error: Cancelled: ');
  });
});

describe('wrong usage', () => {
  it.each([
    [['invok', 'Test/echo']],
    [['invoke']],
    [['invoke', 'Test/echo', '--payloda', 'x']],
    [['invoke', 'Test/echo', '--payload', 'x', '--payload-file', 'y']],
    [['start', 'now']],
  ])('%j ends with 2 and a suggestion on stderr', async (args) => {
    const { code, stdout, stderr } = await runEdgefc(args);
    expect([code, stdout.toString()]).toEqual([2, '']);
    expect(stderr).toMatchSnapshot();
  });

  it('is not asking for help or the version', async () => {
    const help = await runEdgefc(['--help']);
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout.toString()).toContain('Exit codes: 0');
    const version = await runEdgefc(['--version']);
    expect([version.code, version.stdout.toString()]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });
});
