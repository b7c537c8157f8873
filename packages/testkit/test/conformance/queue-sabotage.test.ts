/** The Queue suite sees each of its promises broken. */
import type { QueueCommand, QueueLimits } from '@edgefc/runtime/testing';
import { queueConformance } from '../../src/conformance/queue/queue-conformance.ts';
import { BrokenStorage, type QueueSabotage } from './sabotage/broken-queue.ts';
import { expectEachRed } from './sabotage/expect-red.ts';

type Work = CommandOf<'put'>['work'][number];
type Kind = QueueCommand['kind'];
type CommandOf<K extends Kind> = QueueCommand & { readonly kind: K };

/** When cases move no wall clock, they have this one. */
const WALL = Date.UTC(2030, 0, 1);

/** Does commands of a kind as if they said something else. */
function changing<K extends Kind>(kind: K, change: (command: CommandOf<K>) => QueueCommand): QueueSabotage {
  const isOf = (command: QueueCommand): command is CommandOf<K> => command.kind === kind;
  return { command: (command) => (isOf(command) ? change(command) : command) };
}

function changingWork(change: (work: Work) => Partial<Work>): QueueSabotage {
  return changing('put', (command) => ({ ...command, work: command.work.map((one) => ({ ...one, ...change(one) })) }));
}

/** Answers commands of a kind with something else. */
function answering(kind: Kind, change: (result: Readonly<Record<string, unknown>>) => object): QueueSabotage {
  return { result: (result, command) => (command.kind === kind ? { ...result, ...change({ ...result }) } : result) };
}

function limiting(change: (limits: QueueLimits) => Partial<QueueLimits>): QueueSabotage {
  return { limits: (limits) => ({ ...limits, ...change(limits) }) };
}

function list(value: unknown): object[] {
  return Array.isArray(value) ? value.filter((one): one is object => typeof one === 'object') : [];
}

const noOrder = changingWork(() => ({ orderKey: null }));
const noDedupe = changingWork(() => ({ dedupeKey: null }));
const settledAlways = answering('settle', () => ({ settled: true }));
const nothingInMemory: QueueSabotage = { durability: () => 'fsync' };
const forgotten: QueueSabotage = { forgets: 'when it is killed' };

/** Gives the bytes out that were put, not what they were when they were put. */
function sharing(): QueueSabotage {
  let shared: unknown;
  return {
    command: (command) => {
      if (command.kind === 'put') shared = command.work[0]?.payload;
      return command;
    },
    result: (result, { kind }) =>
      kind === 'claim' && 'work' in result
        ? { ...result, work: list(result.work).map((one) => ({ ...one, payload: shared })) }
        : result,
  };
}

/** Gives the work of the last claim out again with that of the next. */
function repeating(): QueueSabotage {
  let last: object[] = [];
  return answering('claim', ({ work }) => {
    const both = [...last, ...list(work)];
    last = list(work);
    return { work: both };
  });
}

expectEachRed<QueueSabotage>(
  'Queue',
  (sabotage) => queueConformance({ survives: 'kill', storage: () => new BrokenStorage(sabotage) }),
  {
    'numbers work from 1 on without gaps, in the order in which it was handed over': answering('put', ({ seqs }) => ({
      seqs: Array.isArray(seqs) ? seqs.map((seq) => Number(seq) + 1) : seqs,
    })),
    'gives back what was put, to whoever claims it and whoever asks': changingWork(({ payload }) => ({
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    })),
    'keeps bytes of its own: what others do with theirs changes nothing stored': sharing(),
    'starts work in the commit that accepts it, when that is asked for and it may start': changing(
      'put',
      (command) => ({ ...command, claim: false }),
    ),
    'accepts several pieces of work together, for whichever functions': changingWork(() => ({ target: 'Shop/order' })),
    'does commands in the order in which they were handed over, without waiting for answers': { late: 'settle' },
    'gives a piece of work to one claim only': repeating(),
    'gives out what was due first, then what was accepted first': answering('claim', ({ work }) => ({
      work: list(work).toReversed(),
    })),
    'takes only work from `minSeq` on, where that is asked for': changing('claim', (command) => ({
      ...command,
      minSeq: 0,
    })),
    'starts delayed work when its ledger time has come, and says when that is': changingWork(() => ({ delay: 0 })),
    'moves nothing when the wall clock steps by decades': { time: ({ at, wall }) => ({ at: at + wall - WALL, wall }) },

    'runs work of one key one at a time, in the order of acceptance': noOrder,
    'does not start with its acceptance what stands behind another of its key': noOrder,
    'holds up by back-off the key of that work, and nothing else': noOrder,
    'holds up by a delay the key of that work, and nothing else': noOrder,
    'keeps the keys of functions apart': changingWork(() => ({ target: 'Shop/order' })),
    'lets the next of a key start after a death, a stop of the one that ran, and of the one that waited': answering(
      'stop',
      () => ({ woken: [] }),
    ),
    'puts a redriven dead letter behind what waits of its key': noOrder,
    "answers a repeat with the first's number, and stores nothing": noDedupe,
    'knows the first of two that are handed over together': noDedupe,
    'remembers a key for 24 h from its acceptance, and longer while its work is live': {
      time: ({ at, wall }) => ({ at: at * 2, wall }),
    },

    'settles a start once: whatever comes second changes nothing': settledAlways,
    'settles once what is settled twice in one commit': settledAlways,
    'settles nothing that waits, and nothing that is not there': settledAlways,
    'keeps what a run returned, text and bytes, and whether it was cut': changing('settle', (command) =>
      command.ending.kind === 'succeeded' ? { ...command, ending: { ...command.ending, cut: true } } : command,
    ),
    'counts a failure, a loss, or nothing, as the end of the run says': changing('settle', (command) =>
      command.ending.kind === 'retry' ? { ...command, ending: { ...command.ending, counts: 'failure' } } : command,
    ),
    'takes a start back whose handler was not begun': changing('settle', (command) => ({ ...command, ran: true })),
    'accepts what follows from an end in the same commit': changing('settle', (command) => ({
      ...command,
      followUps: [],
    })),
    'stops what waits; says of anything else how it stands': answering('stop', ({ kind }) => ({
      kind: kind === 'ended' ? 'stopped' : kind,
    })),
    'lists the newest first, by state and by function, without gap or repeat from page to page': changing(
      'list',
      (command) => ({ ...command, before: undefined }),
    ),
    "stores a timer's last tick with the work that the tick enqueues, or not at all": limiting(() => ({
      maxQueueBytes: Infinity,
    })),

    'refuses new work when it is full, loses none of the old, and always completes it': changing('put', (command) => ({
      ...command,
      reserved: false,
    })),
    'says of nothing that is refused that it was accepted, and of no repeat that the queue is full': noDedupe,
    'redrives dead letters: the same work again, with its errors, and with all its attempts': changing(
      'redrive',
      (command) => ({ ...command, diedBefore: Infinity }),
    ),
    'redrives and purges those of a function, oldest first, as many as are asked for': changing(
      'redrive',
      (command) => ({ ...command, limit: 1000 }),
    ),
    'keeps what has ended for its age, and counts what it removes': limiting(({ deadLetters }) => ({
      deadLetters: { ...deadLetters, age: Infinity },
    })),
    'keeps no more than so many, and so many bytes; the oldest go first': limiting(({ retention }) => ({
      retention: { ...retention, count: Infinity },
    })),
    'has its sums right after everything that can happen to work': answering('stats', () => ({ removed: 0 })),

    'answers everything: what was handed over before it closed is done, nothing is after': { staysOpen: true },
    'keeps work of durability `memory` apart: with numbers below 0, listed first, and done like any other':
      nothingInMemory,
    'has after a close all that it had: work, order, keys, history, timers, counts': { forgets: 'when it is closed' },
    'has what ran when it ended wait for another run: a loss, with back-off, and its start counted': {
      facts: (facts) => ({ ...facts, backoff: new Map() }),
    },
    'goes on where its time stood, plus the downtime that is known for sure': {
      facts: (facts) => ({ ...facts, machine: undefined }),
    },
    'forgets work of durability `memory`, and only that': nothingInMemory,

    'has what it had answered when it is killed the moment the answer comes': forgotten,
    'does not run again what had ended when it was killed': forgotten,
    'counts a start before anybody hears of it: who runs again sees a higher number': answering(
      'claim',
      ({ work }) => ({
        work: list(work).map((one) => ({ ...one, starts: 1 })),
      }),
    ),
    'keeps work of durability `batched` through a kill': {
      durability: (durability) => (durability === 'batched' ? 'memory' : durability),
    },
    'has all of a command or nothing of it, when it is killed in the middle': { piecemeal: true },
    'has synced what it answered, where it says what it does to its disk': answering('stats', () => ({
      disk: { syncs: 0 },
    })),
  },
  {},
);

expectEachRed<QueueSabotage>(
  'Queue',
  (sabotage) =>
    queueConformance({ survives: 'nothing', storage: () => new BrokenStorage(sabotage) }).filter(({ name }) =>
      name.startsWith('begins anew'),
    ),
  // Nothing but what it promises is wrong with it: its tables are kept.
  { 'begins anew after it was closed, with nothing half remembered': {} },
  {},
);
