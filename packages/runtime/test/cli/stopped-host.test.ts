/** The commands where no host runs: they work on the data directory. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTempDir } from '../support/temp-dir.ts';
import { createProject, type Project } from './project.ts';
import { runEdgefc } from './run-edgefc.ts';

describe('edgefc invoke without a host', () => {
  it('runs the Async work that the call leads to, and nothing else', async () => {
    const project = createProject({ ticking: { handler: 'ticking.handler', runMode: 'LongLived' } });
    const { code, out, err } = await project.edgefc('invoke', 'Test/enqueue', '-p', 'by and by');
    expect(code).toBe(0);
    expect(err).toContain('Test/echo#1  event is a String');
    expect(err).not.toContain('loaded in');
    expect(await project.edgefc('async', 'wait', out)).toEqual({ code: 0, out: 'by and by', err: '' });
  });

  it('leaves what is due later on disk, and says so', async () => {
    const project = createProject();
    const { code, err } = await project.edgefc('invoke', 'Test/echo', '--async', '--delay', '1h');
    expect(code).toBe(0);
    expect(err).toBe(`1 Async invocation waits in ${project.dataDir} for the next host there (edgefc start)\n`);
    const { ready } = await project.start();
    expect(ready).toMatchObject({ pending: 1 });
  });

  it('does not wait for Async work after a signal', async () => {
    const project = createProject();
    const call = project.begin(['invoke', 'Test/hang', '--async']);
    await new Promise<void>((resolve, reject) => {
      call.child.stderr?.on('data', (text: string) => {
        if (text.includes('hanging')) resolve();
      });
      void call.ended.then(({ stderr }) => reject(new Error(stderr)));
    });
    call.child.kill('SIGTERM');
    const { code, stdout, stderr } = await call.ended;
    expect([code, stdout.toString()]).toEqual([143, expect.stringMatching(/^\S+\n$/) as string]);
    expect(stderr).toContain('1 Async invocation waits in ');
    expect(await project.json('status')).toMatchObject({ queue: { enqueued: 0, running: 0, retrying: 1 } });
  });

  it('lets two at once have their turns', async () => {
    const project = createProject();
    const both = [project.edgefc('invoke', 'Test/echo', '-p', 'a'), project.edgefc('invoke', 'Test/echo', '-p', 'b')];
    expect((await Promise.all(both)).map(({ code, out }) => [code, out])).toEqual([
      [0, 'a'],
      [0, 'b'],
    ]);
  });
});

/** Runs a command where there is no configuration, on the data directory of `project`. */
async function alone(project: Project, ...args: string[]): Promise<unknown> {
  const { code, stdout } = await runEdgefc([...args, '--json', '--data-dir', project.dataDir], { cwd: makeTempDir() });
  return { code, ...(JSON.parse(stdout.toString()) as object) };
}

describe('the commands on a data directory', () => {
  it('need no configuration to show what there is', async () => {
    const project = createProject();
    await project.edgefc('invoke', 'Test/fail', '--async');
    const { id } = await project.json('invoke', 'Test/echo', '--async', '--delay', '1h');
    expect(await alone(project, 'status')).toMatchObject({
      code: 0,
      state: 'stopped',
      process: null,
      functions: [],
      unconfigured: [{ key: 'Test/echo', waiting: 1 }],
      queue: { enqueued: 1, dead: 1 },
    });
    expect(await alone(project, 'async', 'list')).toMatchObject({
      invocations: [{ id, state: 'Enqueued' }, { state: 'Failed' }],
    });
    expect(await alone(project, 'async', 'wait', String(id))).toMatchObject({ code: 3, error: { code: 'NoHost' } });
    expect(await alone(project, 'dead-letters', 'list')).toMatchObject({
      deadLetters: [{ function: 'Test/fail', attempt: 2 }],
    });
  });

  it('change what the next host finds', async () => {
    const project = createProject();
    await project.edgefc('invoke', 'Test/fail', '--async');
    const { id } = await project.json('invoke', 'Test/echo', '--async', '--delay', '1h');
    expect(await alone(project, 'async', 'stop', String(id))).toMatchObject({ code: 0, state: 'Stopped' });
    expect(await alone(project, 'async', 'stop', String(id))).toMatchObject({ error: { code: 'InvocationEnded' } });
    expect(await alone(project, 'dead-letters', 'redrive', '--function', 'Test/fail')).toEqual({
      code: 0,
      redriven: 1,
    });
    expect(await alone(project, 'dead-letters', 'purge', '--all')).toEqual({ code: 0, purged: 0 });
    const { ready } = await project.start();
    expect(ready).toMatchObject({ pending: 1, dead: 0 });
  });

  it('say that a host is stopped, and what waits', async () => {
    const project = createProject();
    await project.edgefc('invoke', 'Test/echo', '--async', '--delay', '1h');
    const { code, out } = await project.edgefc('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^host +stopped\n/);
    expect(out).toMatch(/^queue +1 enqueued, /m);
    expect(out).toMatch(/^Test\/echo +1$/m);
  });

  it('make none where there is none', async () => {
    const dataDir = join(makeTempDir(), 'nowhere');
    const listed = await runEdgefc(['async', 'list', '--data-dir', dataDir]);
    expect([listed.code, listed.stderr]).toEqual([
      2,
      `error: UsageError: there is no data directory ${dataDir}: no host has run there; name another one with --data-dir or --config, or start a host with edgefc start\n`,
    ]);
    const status = await runEdgefc(['status', '--data-dir', dataDir]);
    expect([status.code, status.stdout.toString()]).toEqual([0, `stopped: no host has run on ${dataDir} yet\n`]);
    expect(existsSync(dataDir)).toBe(false);
  });

  it.each([[['status']], [['async', 'list']], [['invoke', 'Test/echo']], [['start']]])(
    'end with 3 when it is a file (%j)',
    async (args) => {
      const project = createProject();
      const dataDir = join(makeTempDir(), 'file');
      writeFileSync(dataDir, '');
      const { code, err } = await project.edgefc(...args, '--data-dir', dataDir);
      expect(code).toBe(3);
      expect(err).toMatch(
        /^error: [A-Za-z]+: the data directory .*file is a file, not a directory; name another one with --data-dir/,
      );
    },
  );
});

describe('wrong usage of the commands about Async work', () => {
  it.each([
    [['invoke', 'Test/echo', '--delay', '5m'], /--delay is for Async invocations; add --async/],
    [['invoke', 'Test/echo', '--async', '--timeout', '5s'], /--timeout is how long a Sync call is waited for/],
    [
      ['invoke', 'Test/echo', '--async', '--delay', '400d'],
      /--delay: found "400d", allowed a duration from 0ms to 365d/,
    ],
    [['invoke', 'Test/echo', '--async', '--max-retries', '-1'], /--max-retries: found "-1", allowed a whole number/],
    [['async', 'list', '--state', 'Done'], /--state: found "Done", allowed Enqueued, Running, /],
    [['async', 'list', '--limit', '5000'], /--limit: found "5000", allowed a whole number from 1 to 1000/],
    [['async', 'wait', 'x', '--timeout', 'soon'], /--timeout: found "soon"/],
    [['async', 'wait'], /missing required argument 'id'/],
    [['dead-letters', 'redrive'], /which dead letters\? edgefc dead-letters redrive <id>, .* or .*--all/],
    [['dead-letters', 'purge', 'x', '--all'], /an id, --function and --all exclude one another/],
    [['stop', '--timeout', '-5s'], /--timeout: found "-5s"/],
    [['asynk'], /unknown command 'asynk'\n\(Did you mean async\?\)/],
  ])('%j ends with 2', async (args, message) => {
    const { code, stdout, stderr } = await runEdgefc(args, { cwd: createProject().directory });
    expect([code, stdout.toString()]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('is an id that there is not', async () => {
    const project = createProject();
    await project.edgefc('invoke', 'Test/echo', '--async');
    for (const args of [['show'], ['wait'], ['stop']]) {
      expect(await project.json('async', ...args, 'nobody.1')).toMatchObject({
        code: 2,
        error: { code: 'InvocationNotFound' },
      });
    }
    expect(await project.json('dead-letters', 'redrive', 'nobody.1')).toMatchObject({ code: 2 });
  });
});
