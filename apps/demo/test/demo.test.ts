import { cpSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
    expect(stdout).toContain('\n13 of 13 steps ended as they should');
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

  it('shows what becomes of Async calls that fail', () => {
    const { stdout } = run;

    const id = /Invoker ──▶ uplink +"19\.5 °C" · Async, as (\S+)$/m.exec(stdout)?.[1];
    expect(stdout).toMatch(/^ +Invoker ◀─✗ uplink +Handled Error: the line is busy/m);
    expect(stdout).toMatch(/^ +↻ attempt 1 failed, tried again in [\d.]+ m?s$/m);
    expect(stdout).toContain(`· Async, as ${id}, attempt 3\n`);
    expect(stdout).toMatch(/^ +✗ Failed after 2 attempts: a dead letter$/m);
    expect(stdout).toMatch(/^ +Invoker │ attempt 2 failed: no power: the breaker is open$/m);
    expect(stdout).toMatch(/^ +the demo redrives 1 dead letter of pump · .*--function EdgeFC\/pump$/m);
    expect(stdout).toMatch(/^ +Invoker ◀── pump +"the tank is full"/m);
  });

  it('shows a result that is fetched by its id, a message with its receivers, and work that outlives its host', () => {
    const { stdout } = run;

    expect(stdout).toMatch(/^ +Invoker │ Succeeded: Message from helloworld$/m);
    expect(stdout).toMatch(/Invoker ──▶ rooms\/kitchen\/celsius +published, to be received by display and logbook$/m);
    expect(stdout).toMatch(/^ +display │ it is 19\.5 °C in the kitchen$/m);
    expect(stdout).toMatch(/^ +logbook │ EdgeFC\/Invoker on rooms\/kitchen\/celsius: 4 bytes$/m);
    expect(stdout).toMatch(/accepted as \S+\n.*\n +SIGKILL to that host \(pid \d+\)\n/);
    expect(stdout).toMatch(/SIGKILL[^]*finds 1 Async invocation[^]*helloworld │ I have survived\./);
  });

  it('has colours where they are asked for, and the same words; and leaves no file behind', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'demo-'));
    const { exitCode, stdout } = await runDemo(APP, { env: { FORCE_COLOR: '1', TMPDIR: temporary } });

    expect(readdirSync(temporary)).toEqual([]);
    rmdirSync(temporary);
    expect(stdout).not.toBe(stripVTControlCharacters(stdout));
    expect(stripVTControlCharacters(stdout)).toMatch(/^ +Invoker │ Message from helloworld$/m);
    expect(exitCode).toBe(0);
  });

  it('stops at Ctrl-C, also while a callee is in a busy loop', async () => {
    const interrupt = { signal: 'SIGINT', after: 'slow │' } as const;
    const { exitCode, stdout, stderr } = await runDemo(APP, { interrupt });

    expect(stderr).toBe('');
    expect(stdout).toContain('SIGINT: stopping before the end of the story');
    expect(stdout).not.toContain('6/13');
    expect(exitCode).toBe(130);
  });

  it('stops at Ctrl-C while the host runs whose plug is to be pulled, and ends it', async () => {
    const interrupt = { signal: 'SIGINT', after: 'another host' } as const;
    const { exitCode, stdout, stderr } = await runDemo(APP, { interrupt });

    expect(stderr).toBe('');
    expect(stdout).toMatch(/SIGKILL to that host \(pid \d+\)\n$/);
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

  it.each<{ what: string; changes: [name: string, code: string | RegExp, instead: string][]; failed: number[] }>([
    {
      what: 'helloworld answers something else',
      changes: [['helloworld', "'Message from helloworld'", "'Greetings'"]],
      failed: [1, 2, 3, 8, 13],
    },
    {
      what: 'Invoker sends no context',
      changes: [['Invoker', 'invokerContext, ...call', '...call']],
      failed: [1, 2, 3, 13],
    },
    {
      what: 'callees fail that should not, and the other way round',
      changes: [
        ['failing', /throw .*/, "return 'fine';"],
        ['uplink', 'attempt < 3', 'attempt < 2'],
        ['pump', "breaker = 'open'", "breaker = 'closed'"],
        ['display', /console.log.*/, "throw new Error('no lamp');"],
      ],
      failed: [4, 9, 10, 11, 12],
    },
  ])('ends with exit code 1 when $what', async ({ changes, failed }) => {
    for (const [name, code, instead] of changes) {
      const file = join(app, 'functions', name, 'index.js');
      const before = readFileSync(file, 'utf8');
      const after = before.replace(code, instead);
      expect(after).not.toBe(before);
      writeFileSync(file, after);
    }

    const { exitCode, stdout } = await runDemo(app);

    const marks = [...stdout.slice(stdout.indexOf('In short')).matchAll(/^ {3}([✓✗]) /gm)].map(([, mark]) => mark);
    expect(marks).toEqual(Array.from({ length: 13 }, (_, index) => (failed.includes(index + 1) ? '✗' : '✓')));
    expect(stdout).toContain(`\n${13 - failed.length} of 13 steps ended as they should`);
    expect(exitCode).toBe(1);
    expect(readdirSync(app)).not.toContain('.edgefc');
  });
});
