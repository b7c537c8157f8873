/** What the tests of the store share: limits, facts, work, and commands with their times. */
import type { QueueLimits } from '../../src/engine/definition.ts';
import type { CommandTime, OpeningFacts, PutCommand, SettleCommand } from '../../src/engine/queue/queue.ts';
import type { NewWork, WorkRecord } from '../../src/engine/queue/work.ts';

const DAY = 24 * 3_600_000;
export const WALL: number = Date.UTC(2030, 0, 1);

export const LIMITS: QueueLimits = {
  maxQueueBytes: 256 * 1024 ** 2,
  minFreeDisk: 0,
  retention: { age: DAY, bytes: 256 * 1024 ** 2, count: 1_000_000, result: 256 * 1024 },
  deadLetters: { age: 30 * DAY, bytes: 64 * 1024 ** 2, count: 10_000 },
};

export function factsOf(bootId: string = 'boot'): OpeningFacts {
  return { bootId, wall: WALL, machine: undefined, backoff: new Map() };
}

export const NOW: CommandTime = { at: 1000, wall: WALL };

export function newWork(more: Partial<NewWork> = {}): NewWork {
  return {
    target: 'Shop/order',
    payload: 'payload',
    invokerContext: null,
    caller: 'Shop/front',
    delay: 0,
    dedupeKey: null,
    orderKey: null,
    maxAttempts: null,
    hops: 0,
    chain: 0,
    ...more,
  };
}

export function put(more: Partial<NewWork> = {}, options: Partial<PutCommand> = {}): PutCommand {
  return { kind: 'put', work: [newWork(more)], claim: false, timer: undefined, reserved: false, ...options };
}

export function succeed(seq: number, result = 'done'): SettleCommand {
  return { kind: 'settle', seq, ending: { kind: 'succeeded', result, cut: false }, ran: true, followUps: [] };
}

export function record(seq: number, more: Partial<WorkRecord> = {}): WorkRecord {
  return {
    seq,
    state: 'Enqueued',
    target: 'Shop/order',
    payload: `payload ${seq}`,
    invokerContext: null,
    caller: null,
    orderKey: null,
    maxAttempts: null,
    hops: 0,
    chain: 0,
    position: seq,
    readyAt: 100,
    dueAt: 100,
    starts: 0,
    failures: 0,
    losses: 0,
    errors: [],
    result: null,
    resultCut: false,
    acceptedAt: 50,
    acceptedWall: WALL,
    startedWall: null,
    endedAt: null,
    endedWall: null,
    size: 300,
    ...more,
  };
}
