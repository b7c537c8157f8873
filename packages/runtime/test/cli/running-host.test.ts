/** The commands on a host that runs: real processes, through its admin socket. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProject, kill } from './project.ts';

describe('edgefc invoke with a running host', () => {
  it('is done by that host, and shows the logs of its own call', async () => {
    const project = createProject();
    const host = await project.start();
    expect(await project.edgefc('invoke', 'Test/pid')).toEqual({ code: 0, out: String(host.child.pid), err: '' });
    const { code, out, err } = await project.edgefc('invoke', 'Test/echo', '-p', 'hi');
    expect([code, out]).toEqual([0, 'hi']);
    expect(err).toMatch(/INFO {2}Test\/echo#1 {2}event is a String\n$/);
    const failed = await project.edgefc('invoke', 'Test/fail');
    expect([failed.code, failed.out]).toEqual([1, '']);
    expect(failed.err).toContain('error: Test/fail failed (Handled): TypeError: no such tariff\n');
    expect(await project.json('invoke', 'Test/ecko')).toMatchObject({ code: 2, error: { code: 'FunctionNotFound' } });
    // A data directory alone leads to it, too: no configuration is read.
    const elsewhere = createProject();
    expect(await elsewhere.edgefc('invoke', 'Test/pid', '--data-dir', project.dataDir)).toMatchObject({
      out: String(host.child.pid),
    });
  });

  it('is taken back by SIGINT, and the host goes on', async () => {
    const project = createProject();
    await project.start();
    const call = project.begin(['invoke', 'Test/hang']);
    let err = '';
    await new Promise<void>((resolve, reject) => {
      call.child.stderr?.on('data', (text: string) => {
        err += text;
        if (err.includes('hanging')) resolve();
      });
      void call.ended.then(() => reject(new Error(err)));
    });
    call.child.kill('SIGINT');
    const { code, stderr } = await call.ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining('error: Cancelled: ') as string]);
    expect(await project.edgefc('invoke', 'Test/echo', '-p', 'still here')).toMatchObject({ out: 'still here' });
  });
});

describe('edgefc async on a running host', () => {
  it('follows an invocation by its id', async () => {
    const project = createProject();
    await project.start();
    const enqueued = await project.edgefc('invoke', 'Test/echo', '--async', '-p', 'later');
    expect(enqueued).toEqual({ code: 0, out: expect.stringMatching(/^\S+\n$/) as string, err: '' });
    const id = enqueued.out.trim();
    expect(await project.edgefc('async', 'wait', id)).toEqual({ code: 0, out: 'later', err: '' });
    expect(await project.json('async', 'wait', id)).toMatchObject({ code: 0, id, state: 'Succeeded', result: 'later' });
    const shown = await project.edgefc('async', 'show', id);
    expect(shown.out).toMatch(new RegExp(`^id +${id}\nfunction +Test/echo\nstate +Succeeded, 1 attempt\n`));
    expect(shown.out).toMatch(/^result +later \(5 B\)$/m);
    expect(await project.json('async', 'list', '--state', 'succeeded', '--function', 'Test/echo')).toMatchObject({
      invocations: [{ id, attempt: 1 }],
    });
    expect(await project.edgefc('async', 'list', '--state', 'Running')).toMatchObject({
      out: 'no Async invocations\n',
    });
    expect(await project.json('async', 'stop', id)).toMatchObject({ code: 2, error: { code: 'InvocationEnded' } });
    const other = await project.edgefc('async', 'show', id, '--function', 'Test/fail');
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('InvocationNotFound: ') as string });
  });

  it('waits no longer than it was told, and stops what runs', async () => {
    const project = createProject();
    await project.start();
    const { id } = await project.json('invoke', 'Test/patient', '--async');
    const late = await project.edgefc('async', 'wait', String(id), '--timeout', '100ms');
    expect(late.code).toBe(1);
    expect(late.err).toMatch(/^error: DeadlineExceeded: .* 100 ms /);
    const wait = project.edgefc('async', 'wait', String(id));
    const stopped = await project.edgefc('async', 'stop', String(id));
    expect(stopped).toEqual({ code: 0, out: `${String(id)} of Test/patient is stopped (1 attempt)\n`, err: '' });
    expect(await wait).toEqual({ code: 1, out: '', err: 'error: Test/patient was stopped (1 attempt)\n' });
  });

  it('gives the first id for a dedupe key, and keeps to the options', async () => {
    const project = createProject();
    await project.start();
    const keys = ['--async', '--delay', '1h', '--dedupe-key', 'd', '--order-key', 'o', '--max-retries', '1'];
    const first = await project.json('invoke', 'Test/echo', ...keys);
    expect(await project.json('invoke', 'Test/echo', ...keys)).toEqual({
      code: 0,
      id: first['id'],
      deduplicated: true,
    });
    const { out } = await project.edgefc('async', 'list');
    expect(out.split('\n')).toHaveLength(3);
    expect(out).toMatch(/Test\/echo {2}Enqueued {2}0 .* next in (60|59) min/);
    expect(await project.json('async', 'show', String(first['id']))).toMatchObject({ orderKey: 'o' });
  });
});

describe('edgefc dead-letters on a running host', () => {
  it('lists, shows, redrives and purges', async () => {
    const project = createProject();
    await project.start();
    const { id: given } = await project.json('invoke', 'Test/fail', '--async', '-p', 'tariff');
    const id = String(given);
    const failed = await project.edgefc('async', 'wait', id);
    expect([failed.code, failed.out]).toEqual([1, '']);
    expect(failed.err).toMatch(
      /^error: Test\/fail failed \(2 attempts\): TypeError: no such tariff\n {4}at exports.fail/,
    );
    const { out } = await project.edgefc('dead-letters', 'list');
    expect(out).toMatch(new RegExp(`^${id} +Test/fail +Failed +2 .* TypeError: no such tariff$`, 'm'));
    const shown = await project.edgefc('dead-letters', 'show', id);
    expect(shown.out).toMatch(/^payload +tariff \(6 B\)$/m);
    expect(shown.out.match(/^attempt \d, .* \(Handled\): TypeError: no such tariff$/gm)).toHaveLength(2);
    expect(await project.edgefc('dead-letters', 'redrive', id)).toMatchObject({ out: '1 dead letter redriven\n' });
    expect(await project.json('async', 'wait', id)).toMatchObject({ code: 1, state: 'Failed', attempt: 4 });
    expect(await project.json('dead-letters', 'purge', '--function', 'Test/echo')).toEqual({ code: 0, purged: 0 });
    expect(await project.json('dead-letters', 'purge', '--all')).toEqual({ code: 0, purged: 1 });
    expect(await project.edgefc('dead-letters', 'list')).toMatchObject({ out: 'no dead letters\n' });
    expect(await project.edgefc('dead-letters', 'show', id)).toMatchObject({ code: 2 });
  });
});

describe('edgefc status and stop', () => {
  it('show how a host is, and end it; that none runs is no error', async () => {
    const project = createProject();
    const host = await project.start();
    await project.edgefc('invoke', 'Test/echo', '--async', '--delay', '1h');
    const { out } = await project.edgefc('status');
    expect(out).toMatch(new RegExp(`^host +running, pid ${host.child.pid}, up \\d+ s, edgefc \\d`));
    expect(out).toMatch(/^queue +1 enqueued, 0 running, 0 retrying/m);
    expect(out).toMatch(/^disk +.* written today/m);
    expect(out).toMatch(/^FUNCTION +ISOLATION .*\nTest\/echo +process .* 1 +\S+ \S+$/m);
    expect(await project.json('status')).toMatchObject({
      state: 'running',
      dataDir: project.dataDir,
      process: { pid: host.child.pid },
      queue: { enqueued: 1, dead: 0, disk: { writtenToday: expect.any(Number) as number } },
    });
    expect(await project.edgefc('stop')).toEqual({ code: 0, out: `stopped (pid ${host.child.pid})\n`, err: '' });
    expect(await host.ended).toMatchObject({ code: 0 });
    expect(host.lines().join('\n')).toContain('edgefc stop: stopping; running work has 500ms to end');
    expect(existsSync(join(project.dataDir, 'host.sock'))).toBe(false);
    expect(await project.edgefc('stop')).toEqual({
      code: 0,
      out: `no host runs on ${project.dataDir}: nothing to stop\n`,
      err: '',
    });
  });

  it('lets running work have the time that --timeout gives, and takes it back into the queue after that', async () => {
    const project = createProject();
    const host = await project.start();
    await project.edgefc('invoke', 'Test/hang', '--async');
    await host.waitForLine((line) => line.includes('hanging'));
    expect(await project.edgefc('stop', '--timeout', '0s')).toMatchObject({ code: 0 });
    expect(host.lines().join('\n')).toContain('running work has 0ms to end');
    expect(await project.json('status')).toMatchObject({ state: 'stopped', queue: { running: 0 } });
    const { ready } = await project.start();
    expect(ready).toMatchObject({ pending: 1, dead: 0, recovered: 0 });
  });
});

describe('edgefc start', () => {
  it('ends with 3 when another host has the data directory, and names it', async () => {
    const project = createProject();
    const host = await project.start();
    const { code, out, err } = await project.edgefc('start');
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(
      new RegExp(
        `^error: QueueLocked: the data directory ${project.dataDir} is in use by .*pid ${host.child.pid}, .*\n$`,
      ),
    );
    expect(await project.json('start')).toMatchObject({ code: 3, error: { code: 'QueueLocked' } });
  });

  it('recovers what a killed host left running, and says so', async () => {
    const project = createProject();
    const host = await project.start();
    await project.edgefc('invoke', 'Test/hang', '--async');
    await host.waitForLine((line) => line.includes('hanging'));
    await kill(host);
    const again = await project.start();
    expect(again.ready).toMatchObject({ dataDir: project.dataDir, pending: 1, dead: 0, recovered: 1 });
    expect(await project.json('status')).toMatchObject({ state: 'running', process: { pid: again.child.pid } });
  });
});
