/** What a person sees of `edgefc start` on a terminal, and that Ctrl-C there ends it (SPEC 6); in a pseudo-terminal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeFiles } from '../support/files.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
/** Of util-linux: runs a command on a terminal of its own. */
const SCRIPT = '/usr/bin/script';
const CTRL_C = '\x03';

describe.runIf(existsSync(SCRIPT))('edgefc start on a terminal', () => {
  it('prints the table, then the log as text, and ends with Ctrl-C', async () => {
    const directory = writeFiles({ 'index.js': "console.log('loaded'); exports.handler = async () => '';" });
    const functions = { helloworld: { codeUri: '.', runMode: 'LongLived' } };
    writeFileSync(join(directory, 'edgefc.config.json'), JSON.stringify({ services: { EdgeFC: { functions } } }));
    // `exec`, or a shell between them (dash) takes the interrupt for its own as well and reports 130.
    const terminal = spawn(SCRIPT, ['-qec', `exec ${process.execPath} ${MAIN} start`, '/dev/null'], {
      cwd: directory,
      stdio: ['pipe', 'pipe', 'inherit'],
      // Wide enough for a path in a line of the table.
      env: { ...process.env, TERM: 'xterm', COLUMNS: '300' },
    });
    onTestFinished(() => {
      terminal.kill('SIGKILL');
    });
    let shown = '';
    let interrupted = false;
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      if (interrupted || !/ loaded\r?\n/.test(shown) || !shown.includes('data directory')) return;
      interrupted = true;
      terminal.stdin.write(CTRL_C);
    });
    expect(await once(terminal, 'close')).toEqual([0, null]);
    const lines = stripVTControlCharacters(shown).replace('^C', '').split(/\r?\n/);
    expect(lines.filter((line) => line.startsWith('{'))).toEqual([]);
    expect(lines).toContainEqual(expect.stringMatching(/^SERVICE +FUNCTION +ISOLATION/));
    expect(lines).toContainEqual(expect.stringMatching(/^EdgeFC +helloworld +process +1 long-lived/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}EdgeFC\/helloworld#1 {2}loaded$/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/ INFO {2}edgefc {2}SIGINT: stopping; /));
    expect(lines).toContainEqual(expect.stringMatching(/ INFO {2}edgefc {2}stopped$/));
  });
});
