import { describe, expect, it } from 'vitest';
import type { QueueCommand } from '../../src/engine/queue/queue.ts';
import { AnswerBatch, readAnswers, type CommandAnswer } from '../../src/store/answer-batch.ts';
import { CommandBatch, readCommands, type Command } from '../../src/store/command-batch.ts';
import { NOW, newWork, put, record, succeed } from './support.ts';

const LATER = { at: NOW.at + 1, wall: NOW.wall + 1 };

/** As the message port carries them. */
function acrossCommands(commands: readonly Omit<Command, 'id'>[]): Command[] {
  const batch = new CommandBatch();
  for (const { command, time, durability } of commands) batch.push(command, time, durability);
  return readCommands(structuredClone(batch.take()), 7);
}

describe('commands on their way to the writer', () => {
  it('arrive as they were handed over, whatever stands beside them', () => {
    const claim: QueueCommand = { kind: 'claim', target: 'Shop/order', limit: 3, minSeq: 0 };
    const bytes = new Uint8Array([1, 2]);
    const kinds: QueueCommand[] = [
      put(),
      put({ payload: null }),
      put({ payload: bytes }),
      put({ target: 'Other/one' }),
      put({ caller: null }),
      put({ invokerContext: 'e30=' }),
      put({ delay: 5 }),
      put({ dedupeKey: 'd' }),
      put({ orderKey: 'k' }),
      put({ maxAttempts: 1 }),
      put({ hops: 1 }),
      put({ chain: 1 }),
      put({}, { claim: true }),
      put({}, { reserved: true }),
      put({}, { timer: { name: 't', tick: { wall: 1, at: 2 } } }),
      put({}, { work: [newWork(), newWork()] }),
      claim,
      succeed(1),
      succeed(2, 'other'),
      { ...succeed(3), ran: false },
      { ...succeed(4), ending: { kind: 'succeeded', result: 'r', cut: true } },
      { ...succeed(5), followUps: [newWork()] },
      { ...succeed(6), ending: { kind: 'stopped' } },
      { kind: 'stats' },
    ];
    // Each behind each, and behind one of its own kind.
    const commands = kinds
      .flatMap((first) => kinds.flatMap((second) => [first, first, second]))
      .map((command, index) => ({
        command,
        time: index % 5 === 0 ? LATER : NOW,
        durability: index % 7 === 0 ? ('batched' as const) : ('fsync' as const),
      }));
    expect(acrossCommands(commands)).toEqual(commands.map((command, index) => ({ id: 7 + index, ...command })));
  });

  it('that are alike take little more than their payload', () => {
    const batch = new CommandBatch();
    for (let index = 0; index < 100; index += 1) batch.push(put(), NOW, 'fsync');
    expect(batch.take().length).toBeLessThan(120);
    expect(batch.empty).toBe(true);
  });
});

describe('answers on their way back', () => {
  it('arrive as they were given, whatever stands beside them', () => {
    const rest = { orderKey: 'k', maxAttempts: 2, hops: 1, chain: 1, failures: 1, losses: 1 };
    const running = { state: 'Running', readyAt: null, startedWall: 5 } as const;
    const answers: [kind: QueueCommand['kind'], result: unknown][] = [
      ['put', { kind: 'stored', seqs: [10], claimed: false, dueAt: 1000 }],
      ['put', { kind: 'stored', seqs: [11], claimed: false, dueAt: 1000 }],
      ['put', { kind: 'stored', seqs: [12], claimed: true, dueAt: 1000 }],
      ['put', { kind: 'stored', seqs: [13], claimed: true, dueAt: 1001 }],
      ['put', { kind: 'stored', seqs: [-1], claimed: true, dueAt: 1001 }],
      ['put', { kind: 'stored', seqs: [-2], claimed: true, dueAt: 1001 }],
      ['put', { kind: 'stored', seqs: [14, 15], claimed: false, dueAt: 1001 }],
      ['put', { kind: 'deduplicated', seq: 3 }],
      ['put', { kind: 'full', message: 'full' }],
      ['settle', { settled: true, woken: [] }],
      ['settle', { settled: true, woken: [] }],
      ['settle', { settled: true, woken: ['Shop/order'] }],
      ['settle', { settled: true, woken: [], followed: [4] }],
      ['settle', { settled: false, woken: [] }],
      ['claim', { work: [], nextReadyAt: undefined }],
      ['claim', { work: [record(1, running), record(2, { ...running, ...rest })], nextReadyAt: 9 }],
      ['get', undefined],
    ];
    const expected: CommandAnswer[] = [];
    const batch = new AnswerBatch();
    let id = 0;
    for (const first of answers) {
      for (const [kind, result] of answers.flatMap((second) => [first, second])) {
        batch.push(id, kind, result);
        expected.push({ id, failed: false, result });
        // Some are answered without a commit, before others.
        id += id % 11 === 0 ? 2 : 1;
      }
      batch.pushFailure(id, 'it failed');
      expected.push({ id, failed: true, message: 'it failed' });
      id += 1;
    }
    const read: CommandAnswer[] = [];
    readAnswers(structuredClone(batch.take()), (answer) => read.push(answer));
    expect(read).toEqual(expected);
    expect(batch.empty).toBe(true);
  });
});
