/** What crosses the wall, and what of it belongs to which run. */
import { fromWire, Kind } from '@edgefc/runtime/testing';
import type { CaseWriter, ConformanceCase } from '../case.ts';
import { RULES } from '../rules.ts';
import type { Bench } from './bench.ts';

const VALUES: readonly (string | Uint8Array)[] = [
  '',
  'text',
  '\0 and \u{1f600}',
  'unpaired \ud800 and \udc00',
  'long and unpaired \ud800'.repeat(2000),
  'länger als ein Rahmen '.repeat(50_000),
  new Uint8Array(),
  Uint8Array.from({ length: 256 }, (_, byte) => byte),
  new Uint8Array(4 * 1024 * 1024).fill(200),
];

export function trafficCases(write: CaseWriter<Bench>): ConformanceCase[] {
  return [
    write(RULES.wall, 'carries text and bytes there and back as they are', async (bench, check) => {
      const instance = await bench.startReady(check, 'echo');
      for (const value of VALUES) {
        const expected = typeof value === 'string' ? value : new Uint8Array(value);
        const back = await instance.run(value);
        check.equal(typeof back, typeof value, 'text stays text, bytes stay bytes');
        const same =
          typeof back === 'string' || typeof expected === 'string'
            ? back === expected
            : Buffer.compare(back, expected) === 0;
        check.ok(
          same,
          'a value comes back as it was sent',
          typeof value === 'string' ? value.slice(0, 40) : `${value.length} bytes`,
        );
      }
      await bench.finish();
    }),

    write(
      RULES.wall,
      'shares no memory: what a function does to its event the sender does not see',
      async (bench, check) => {
        const instance = await bench.startReady(check, 'mark');
        const sent = new Uint8Array(64).fill(1);
        instance.send([Kind.Run, 1, sent, 'request-1', null, 1, 20_000]);
        check.equal(await instance.returned(1), 'marked', 'the function changed its event');
        check.ok(
          sent.length === 0 || sent.every((byte) => byte === 1),
          'bytes that were sent are gone, or as they were',
          sent,
        );
        await bench.finish();
      },
    ),

    write(RULES.wall, 'delivers messages in the order in which they were sent, each once', async (bench, check) => {
      const instance = await bench.startReady(check, 'echo', { instanceConcurrency: 100 });
      for (let n = 1; n <= 100; n += 1) instance.send([Kind.Ping, n]);
      const runs = Array.from({ length: 100 }, (_, n) => instance.start(`event ${n}`));
      const answers = await Promise.all(runs.map((run) => instance.returned(run)));
      check.equal(
        answers,
        runs.map((_, n) => `event ${n}`),
        'each run has its own answer',
      );
      check.equal(
        instance.all(Kind.Pong).map(([, nonce]) => nonce),
        runs.map((_, n) => n + 1),
        'pings are answered in their order',
      );
      check.equal(instance.all(Kind.Returned).length, 100, 'each run is answered once');
      await bench.finish();
    }),

    write(
      RULES.wall,
      'has everything a function wrote come before the answer, with its invocation',
      async (bench, check) => {
        const instance = await bench.startReady(check, 'act');
        const run = instance.start('write');
        await instance.returned(run);
        const messages = instance.told.flatMap((one) =>
          one.kind === 'message' && one.message[0] !== Kind.Ready ? [one.message] : [],
        );
        check.equal(
          messages,
          [
            [Kind.Log, 'request-1', 'info', 'to the log'],
            [Kind.Log, 'request-1', 'error', 'to the errors'],
            [Kind.Log, 'request-1', 'info', 'without an end'],
            [Kind.Returned, 1, 'written'],
          ],
          'lines have the level of their stream and the request id of their run, also one without an end',
        );
        await bench.finish();
      },
    ),

    write(RULES.wall, 'loses nothing of a flood of output', async (bench, check) => {
      const instance = await bench.startReady(check, 'act');
      await instance.run('flood');
      const lines = instance.all(Kind.Log).flatMap(([, , , text]) => text.split('\n'));
      check.equal(
        lines,
        Array.from({ length: 300 }, (_, n) => `line ${n + 1}`),
        'all lines are there, in order',
      );
      await bench.finish();
    }),

    write(RULES.onceSettled, 'tells a handler that threw from one that returned', async (bench, check) => {
      const instance = await bench.startReady(check, 'act');
      instance.start('fail');
      await instance.until('a handler that throws is told', () => instance.all(Kind.Threw).length > 0);
      const [threw] = instance.all(Kind.Threw);
      const error: unknown = JSON.parse(threw?.[2] ?? '{}');
      check.has(error, { errorType: 'RangeError', errorMessage: 'as it should' }, 'the error crosses as JSON');
      check.equal(await instance.run('count'), '1', 'and the instance goes on');
      await bench.finish();
    }),

    write(
      RULES.wall,
      'carries the calls of a function with the run that made them, and each answer to its call',
      async (bench, check) => {
        const instance = await bench.startReady(check, 'call', { instanceConcurrency: 3 });
        const runs = ['a', 'b', 'c'].map((event) => instance.start(event));
        await instance.until('three runs call', () => instance.all(Kind.Call).length === 3);
        const calls = instance.all(Kind.Call);
        check.equal(
          calls.map(([, , run, target, type, payload]) => [
            run,
            target,
            type,
            payload === null ? null : fromWire(payload),
          ]),
          runs.map((run, n) => [run, 'Other/one', 'Sync', 'abc'[n]]),
          'a call names its run, its target and its payload',
        );
        for (const [, call, run] of calls.toReversed()) instance.send([Kind.Answer, call, `answer to ${run}`, null]);
        check.equal(
          await Promise.all(runs.map((run) => instance.returned(run))),
          ['a answer to 1', 'b answer to 2', 'c answer to 3'],
          'answers do not mix',
        );
        await bench.finish();
      },
    ),

    write(RULES.noWait, "aborts a run's signal when it is told to", async (bench, check) => {
      const instance = await bench.startReady(check, 'act', { instanceConcurrency: 2 });
      const [first, second] = [instance.start('aborted'), instance.start('aborted')];
      instance.send([Kind.Abort, second, 'enough']);
      check.equal(await instance.returned(second), 'aborted', 'the signal of that run is aborted');
      check.equal(
        instance.all(Kind.Returned).map(([, run]) => run),
        [second],
        'and of no other',
      );
      instance.send([Kind.Abort, first, 'enough']);
      await instance.returned(first);
      await bench.finish();
    }),

    write(
      RULES.contained,
      'keeps state and environment of instances apart from one another, and from the host',
      async (bench, check) => {
        const [one, other] = [await bench.startReady(check, 'act'), await bench.startReady(check, 'act')];
        check.equal(
          [await one.run('count'), await one.run('count'), await other.run('count')],
          ['1', '2', '1'],
          'each has modules of its own',
        );
        check.equal(await one.run('environment'), 'configured', 'a function has its configured environment');
        await one.run('change environment');
        check.equal(
          [await one.run('environment'), await other.run('environment')],
          ['changed', 'configured'],
          'a change is its own',
        );
        check.equal(process.env['EDGEFC_CONFORMANCE_LEAK'], undefined, 'and does not reach the host');
        await bench.finish();
      },
    ),
  ];
}
