/** What a function does to its instance, where the adapter says that it keeps it there. */
import { Kind } from '@edgefc/runtime/testing';
import type { CaseWriter, ConformanceCase } from '../case.ts';
import { RULES } from '../rules.ts';
import type { Bench } from './bench.ts';
import type { Containment } from './options.ts';

export function containmentCases(write: CaseWriter<Bench>, contains: readonly Containment[]): ConformanceCase[] {
  const cases: Readonly<Record<Containment, readonly ConformanceCase[]>> = {
    exit: [
      write(
        RULES.contained,
        'says that process.exit ends it, in which run, and with which code',
        async (bench, check) => {
          const [instance, neighbour] = [await bench.startReady(check, 'act'), await bench.startReady(check, 'act')];
          const run = instance.start('exit');
          check.equal(await instance.gone(), { kind: 'code', code: 3 }, '`exited` has the code');
          check.has(instance.all(Kind.Dying)[0], { 1: 'Exit', 2: run }, 'Dying says what ended it and in which run');
          check.equal(await neighbour.run('count'), '1', 'its neighbour goes on');
          await bench.finish();
        },
      ),
      write(
        RULES.onceSettled,
        'delivers what had settled before the end: 8 MiB, then process.exit',
        async (bench, check) => {
          const instance = await bench.startReady(check, 'answerAndExit');
          const run = instance.start('now');
          await instance.gone();
          const kinds = instance.told.map((one) => (one.kind === 'message' ? one.message[0] : one.kind));
          check.equal(
            kinds,
            [Kind.Ready, Kind.Returned, Kind.Dying, 'exited'],
            'messages that were sent before the end come before `exited`, in order',
          );
          const answer = await instance.returned(run);
          check.ok(answer.length === 8 * 1024 * 1024, 'whole', answer.length);
          await bench.finish();
        },
      ),
    ],
    uncaught: (['uncaught', 'rejection'] as const).map((act) =>
      write(
        RULES.contained,
        `is ended by what nobody handles, and says in which run (${act})`,
        async (bench, check) => {
          const [instance, neighbour] = [await bench.startReady(check, 'act'), await bench.startReady(check, 'act')];
          const run = instance.start(act);
          check.equal(await instance.gone(), { kind: 'code', code: 1 }, 'it ended with code 1, as Node does');
          const [dying] = instance.all(Kind.Dying);
          check.has(dying, { 1: 'Uncaught', 2: run }, 'Dying says what ended it and in which run');
          check.ok(String(dying?.[3]).includes('nobody'), 'with the error', dying);
          check.equal(await neighbour.run('count'), '1', 'its neighbour goes on');
          await bench.finish();
        },
      ),
    ),
    loop: [
      write(
        RULES.contained,
        'is ended by `kill` also when it does not turn its event loop any more',
        async (bench, check) => {
          const instance = await bench.startReady(check, 'act');
          instance.start('loop');
          instance.send([Kind.Ping, 1]);
          const neighbour = await bench.startReady(check, 'act');
          check.equal(await neighbour.run('count'), '1', 'its neighbour goes on meanwhile');
          check.equal(instance.all(Kind.Pong), [], 'it answers nothing');
          instance.kill();
          const { kind } = await instance.gone();
          check.ok(kind !== 'givenUp', 'it has really ended', kind);
          await bench.finish();
        },
      ),
    ],
    memory: [
      write(RULES.contained, 'is ended when it holds more than its memorySize, and says so', async (bench, check) => {
        const instance = await bench.startReady(check, 'act', { memorySize: '64MB' });
        instance.start('memory');
        const exit = await instance.gone();
        check.equal(exit.kind, 'outOfMemory', '`exited` says that it ran out of memory');
        await bench.finish();
      }),
    ],
  };
  return contains.flatMap((what) => cases[what]);
}
