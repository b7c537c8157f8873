/** How instances start and end. */
import { Kind } from '@edgefc/runtime/testing';
import type { CaseWriter, ConformanceCase } from '../case.ts';
import { RULES } from '../rules.ts';
import type { Bench } from './bench.ts';

export function lifeCases(write: CaseWriter<Bench>): ConformanceCase[] {
  return [
    write(RULES.wall, 'says Ready when it is loaded and initialized, before anything is run', async (bench, check) => {
      const instance = bench.start(check, 'act', { initializer: 'subject.initializer' });
      await instance.ready();
      check.equal(instance.all(Kind.Ready).length, 1, 'Ready comes once');
      const texts = instance.told.map((one) => (one.kind === 'message' ? one.message[0] : one.kind));
      check.equal(texts, [Kind.Log, Kind.Ready], 'the initializer is over before Ready, and nothing else comes');
      check.equal(instance.all(Kind.Log)[0]?.[1], null, 'what an initializer writes belongs to no invocation');
      check.ok(
        instance.handle.memory >= 0,
        'the handle says what memory the instance holds, 0 where nobody can tell',
        instance.handle.memory,
      );
      await bench.finish();
    }),

    write(
      RULES.wall,
      'only loads, where only that is asked for: an initializer may open a port',
      async (bench, check) => {
        const instance = bench.start(
          check,
          'act',
          { initializer: 'subject.initializer', preStop: 'subject.preStop' },
          true,
        );
        await instance.ready();
        instance.send([Kind.Stop, 1000]);
        await instance.gone();
        check.equal(instance.all(Kind.Log), [], 'neither initializer nor preStop runs');
        await bench.finish();
      },
    ),

    write(RULES.noWait, 'tells through `exited` that it could not start, and why before that', async (bench, check) => {
      const missing = bench.start(check, 'noSuchExport');
      await missing.gone();
      check.has(
        missing.all(Kind.LoadFailed)[0],
        { 0: Kind.LoadFailed, 1: 'LoadError' },
        'a handler that is not there is a LoadError',
      );
      check.ok(String(missing.all(Kind.LoadFailed)[0]?.[2]).includes('noSuchExport'), 'which names it', missing.told);
      const failing = bench.start(check, 'act', { initializer: 'subject.failing' });
      await failing.gone();
      check.has(
        failing.all(Kind.LoadFailed)[0],
        { 0: Kind.LoadFailed, 1: 'InitError' },
        'an initializer that fails is an InitError',
      );
      check.equal([missing.all(Kind.Ready), failing.all(Kind.Ready)], [[], []], 'neither was ready');
      await bench.finish();
    }),

    write(
      RULES.noWait,
      'tells through `exited` that its directory is not there, and throws nothing',
      async (bench, check) => {
        const instance = bench.startWithoutCode(check);
        await instance.gone();
        check.equal(instance.all(Kind.Ready), [], 'it was not ready');
        await bench.finish();
      },
    ),

    write(
      RULES.nothingLeft,
      'stops when it is told to: preStop runs, what is written is delivered, then the end',
      async (bench, check) => {
        const instance = await bench.startReady(check, 'act', { preStop: 'subject.preStop' });
        instance.send([Kind.Stop, 5000]);
        check.equal(
          await instance.gone(),
          { kind: 'code', code: 0 },
          'an instance that stopped by itself ended with code 0',
        );
        check.has(instance.all(Kind.Log)[0], { 3: 'about to stop' }, 'preStop ran');
        await bench.finish();
      },
    ),

    write(
      RULES.nothingLeft,
      'is ended by `kill` while it starts, while it is idle and while it runs',
      async (bench, check) => {
        const starting = bench.start(check, 'act');
        starting.kill();
        const idle = await bench.startReady(check, 'act');
        idle.kill();
        const running = await bench.startReady(check, 'act');
        running.start('hang');
        running.kill();
        for (const instance of [starting, idle, running]) {
          await instance.gone();
          check.equal(instance.all(Kind.Threw), [], 'a run that is cut off has no answer: the engine gives it one');
        }
        await bench.finish();
      },
    ),

    write(
      RULES.nothingLeft,
      'takes `kill` and `send` after the end, and a second `kill`, for nothing',
      async (bench, check) => {
        const instance = await bench.startReady(check, 'act');
        instance.kill();
        instance.kill();
        instance.send([Kind.Ping, 1]);
        await instance.gone();
        instance.kill();
        instance.send([Kind.Ping, 2]);
        instance.handle.busy = false;
        await bench.finish();
        check.equal(instance.all(Kind.Pong), [], 'nobody is there to answer');
      },
    ),

    write(
      RULES.contained,
      'ends an instance that breaks the protocol, and says so in its output',
      async (bench, check) => {
        const instance = await bench.startReady(check, 'act');
        instance.onMessage = (message) => {
          if (message[0] === Kind.Pong) throw new TypeError('a message of kind 39 is not what the protocol says');
        };
        instance.send([Kind.Ping, 1]);
        await instance.gone();
        const said = instance.told.some(
          (one) => one.kind === 'output' && one.level === 'error' && one.text.includes('not what the protocol says'),
        );
        check.ok(said, 'what `listener.message` throws goes to `listener.output` as an error', instance.told);
        await bench.finish();
      },
    ),

    write(RULES.nothingLeft, 'closes when its instances are gone, and leaves nothing', async (bench, check) => {
      const instances = [await bench.startReady(check, 'act'), await bench.startReady(check, 'act')];
      const processes = instances.flatMap(({ handle: { pid } }) => (pid === undefined ? [] : [pid]));
      for (const instance of instances) instance.kill();
      await bench.finish();
      await check.soon(bench.isolation.close(), '`close` ends');
      check.equal(processes.filter(isAlive), [], 'a process that has exited is gone');
    }),
  ];
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // There is none, or it is somebody else's by now.
    return false;
  }
}
