import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { APP, runDemo, type DemoRun } from './run-demo.ts';

describe('the demo', () => {
  let run: DemoRun;

  beforeAll(async () => {
    run = await runDemo(APP);
  });

  it('shows what both functions print, in plain text, and ends with exit code 0', () => {
    const { exitCode, stdout, stderr } = run;

    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ +helloworld │ String message from Invoker\.$/m);
    expect(stdout).toMatch(/^ +helloworld │ .*Custom context from Invoker/m);
    expect(stdout).toMatch(/^ +Invoker │ Message from helloworld$/m);
    expect(stdout).toContain('\n7 of 7 steps ended as they should');
    expect(stdout).toContain('nothing of it is left running');
    expect(stdout).toBe(stripVTControlCharacters(stdout));
    expect(exitCode).toBe(0);
  });

  it('tells who called whom and what came back, for each kind of end', () => {
    const { stdout } = run;

    expect(stdout).toMatch(/Invoker ──▶ helloworld +"String message from Invoker\."/);
    expect(stdout).toMatch(/Invoker ◀── helloworld +"Message from helloworld" · [\d.]+ m?s \(new process: /);
    expect(stdout).toMatch(/Invoker ◀── helloworld +23 bytes, "Message from helloworld" · [\d.]+ m?s \(warm process\)/);
    expect(stdout).toMatch(/Invoker ──▶ helloworld +"Message for later from Invoker\." · Async, as \S+/);
    expect(stdout).toMatch(/Invoker ◀─✗ failing +Handled RangeError: /);
    expect(stdout).toMatch(/Invoker ◀─✗ slow +Unhandled Timeout: .* · [\d.]+ m?s/);
    expect(stdout).toMatch(/Invoker ◀─✗ crashing +Unhandled Exit: /);
    expect(stdout).toMatch(/thermostat ◀── thermometer +'\{"celsius":19\.5\}' · [\d.]+ m?s \(new thread: /);
  });

  it('has colours where they are asked for, and the same words', async () => {
    const { exitCode, stdout } = await runDemo(APP, { env: { FORCE_COLOR: '1' } });

    expect(stdout).not.toBe(stripVTControlCharacters(stdout));
    expect(stripVTControlCharacters(stdout)).toMatch(/^ +Invoker │ Message from helloworld$/m);
    expect(exitCode).toBe(0);
  });

  it('stops at Ctrl-C, also while a callee is in a busy loop', async () => {
    const interrupt = { signal: 'SIGINT', after: 'slow │' } as const;
    const { exitCode, stdout, stderr } = await runDemo(APP, { interrupt });

    expect(stderr).toBe('');
    expect(stdout).toContain('SIGINT: stopping before the end of the story');
    expect(stdout).not.toContain('6/7');
    expect(exitCode).toBe(130);
  });
});

describe('the demo with a function that was changed', () => {
  let app: string;

  beforeEach(() => {
    app = mkdtempSync(join(tmpdir(), 'demo-'));
    for (const part of ['src', 'functions', 'edgefc.config.ts', 'package.json']) {
      cpSync(join(APP, part), join(app, part), { recursive: true });
    }
    symlinkSync(join(APP, 'node_modules'), join(app, 'node_modules'));
  });

  afterEach(() => {
    rmSync(app, { recursive: true, force: true });
  });

  it.each([
    ['helloworld answers something else', 'helloworld', "'Message from helloworld'", "'Greetings'", 4],
    ['Invoker sends no context', 'Invoker', 'invokerContext, ...call', '...call', 4],
    ['failing does not fail', 'failing', /throw .*/, "return 'fine';", 6],
  ])('ends with exit code 1 when %s', async (_, name, code, instead, passed) => {
    const file = join(app, 'functions', name, 'index.js');
    const before = readFileSync(file, 'utf8');
    const after = before.replace(code, instead);
    expect(after).not.toBe(before);
    writeFileSync(file, after);

    const { exitCode, stdout } = await runDemo(app);

    expect(stdout).toContain(`\n${passed} of 7 steps ended as they should`);
    expect(stdout).toContain('✗');
    expect(exitCode).toBe(1);
  });
});
