/** The report of the queue benchmark: targets, then a table for each case, then the host with a million pending. */
import { median } from './measure.mjs';
import { machine, table } from './report.mjs';
import { QUEUE_CASES, UNIT } from './queue-entries.mjs';

/** @typedef {import('./drive.mjs').Slice} Slice */

/**
 * @typedef {object} QueueRun
 * @property {string} command
 * @property {string} settings
 * @property {readonly import('./queue-entries.mjs').QueueEntry[]} entries  those that ran
 * @property {ReadonlyMap<string, string>} versions   by id
 * @property {(id: string, caseId: string) => import('./measure.mjs').Rounds | undefined} roundsOf
 * @property {readonly { id: string, reason: string }[]} skipped
 * @property {import('./queue-recovery.mjs').Recovery | undefined} recovery
 */

const DRIVERS = ['edgefc thread', 'edgefc process'];

/** @param {QueueRun} run @returns {string} */
export function queueReport(run) {
  return [
    `Date: ${new Date().toISOString().slice(0, 10)}. Machine: ${machine()}. Command: \`${run.command}\`.`,
    '',
    run.settings,
    '',
    `Versions: ${[...new Set(run.versions.values())].sort().join('; ')}.`,
    '',
    run.skipped.length === 0 ? 'Nothing was skipped.' : 'Skipped:',
    ...run.skipped.map(({ id, reason }) => `- ${id}: ${reason.split('\n')[0]}`),
    '',
    ...table('Targets', ['', 'target', 'measured', ''], targets(run)),
    ...QUEUE_CASES.flatMap((one) => caseTable(run, one)),
    ...(run.recovery === undefined ? [] : recoveryTable(run.recovery)),
  ].join('\n');
}

/** @param {QueueRun} run @returns {string[][]} */
function targets(run) {
  const rows = DRIVERS.flatMap((id) => [
    ...[1, 64, 512].map((producers) => {
      const limit = producers === 1 ? 0.45 : 0.4;
      const ratio = ratioOf(run, id, UNIT, `enqueue x${producers}`, rateOf);
      const what = `${id}: durable enqueue, ${producers} ${producers === 1 ? 'producer' : 'producers'}`;
      return judged(
        what,
        `≥ ${limit} × ${UNIT}`,
        ratio,
        (value) => value >= limit,
        (value) => `${value.toFixed(2)} ×`,
      );
    }),
    judged(
      `${id}: accept to start, idle`,
      '≤ 1.5 × (one fsync + one warm call)',
      startRatio(run, id),
      (value) => value <= 1.5,
      (value) => `${value.toFixed(2)} ×`,
    ),
  ]);
  const cycle = 'edgefc thread';
  const rate = middle(run, cycle, 'cycle x64', rateOf);
  const factor = ratioOf(run, cycle, 'BullMQ, always', 'cycle x64', rateOf);
  const { recovery } = run;
  const full = recovery?.jobs === 1_000_000 ? recovery : undefined;
  const accepting = full && Math.max(...full.filling);
  return [
    ...rows,
    judged(
      `${cycle}: full cycle`,
      '≥ 30,000/s',
      rate,
      (value) => value >= 30_000,
      (value) => `${whole(value)}/s`,
    ),
    judged(
      `${cycle}: full cycle`,
      '≥ 3 × BullMQ, always',
      factor,
      (value) => value >= 3,
      (value) => `${value.toFixed(2)} ×`,
    ),
    judged(
      'recovery of 1,000,000 pending',
      '≤ 5 s',
      full?.ready,
      (value) => value <= 5000,
      (value) => `${(value / 1000).toFixed(2)} s`,
    ),
    memory('host with 1,000,000 pending, after the recovery, RSS', full?.rss),
    memory('host that accepts 1,000,000 from 512 producers, highest RSS', accepting),
  ];
}

/** @param {string} what @param {number | undefined} value */
function memory(what, value) {
  return judged(
    what,
    '≤ 150 MB',
    value,
    (megabytes) => megabytes <= 150,
    (megabytes) => `${megabytes.toFixed(0)} MB`,
  );
}

/**
 * @param {string} what
 * @param {string} target
 * @param {number | undefined} value
 * @param {(value: number) => boolean} test
 * @param {(value: number) => string} format
 * @returns {string[]}
 */
function judged(what, target, value, test, format) {
  if (value === undefined) return [what, target, 'not in this run', '–'];
  return [what, target, format(value), test(value) ? 'met' : '**not met**'];
}

/** @param {QueueRun} run @param {import('./queue-entries.mjs').QueueCase} one @returns {string[]} */
function caseTable(run, one) {
  const entries = run.entries.filter(({ works }) => works.includes(one.work));
  if (entries.length === 0) return [];
  /** What the columns show besides the time: how it compares, where there is something to compare with. */
  const compared = { enqueue: `× ${UNIT}`, cycle: `× ${UNIT}`, start: '× (fsync + warm call)', sync: '', fsync: '' }[
    one.work
  ];
  const rated = one.work === 'enqueue' || one.work === 'cycle';
  const rows = entries.map(({ id, durability }) => {
    const rate = middle(run, id, one.id, rateOf);
    if (rate === undefined) return [id, `failed: ${run.roundsOf(id, one.id)?.failure?.split('\n')[0] ?? ''}`];
    const ratio = rated ? ratioOf(run, id, UNIT, one.id, rateOf) : startRatio(run, id);
    return [
      id,
      ...(rated ? [whole(rate)] : []),
      ...(one.work === 'cycle' ? [] : [microseconds(middle(run, id, one.id, timeOf))]),
      ...(compared === '' ? [] : [factorOf(ratio)]),
      ...(one.work === 'sync' ? [] : [durability(run.versions.get(id) ?? '')]),
    ];
  });
  const columns = [
    '',
    ...(rated ? ['jobs/s'] : []),
    ...(one.work === 'cycle' ? [] : ['p50 µs']),
    ...(compared === '' ? [] : [compared]),
    ...(one.work === 'sync' ? [] : ['durability']),
  ];
  return table(one.title, columns, rows);
}

/** @param {import('./queue-recovery.mjs').Recovery} recovery @returns {string[]} */
function recoveryTable({ jobs, fillRate, filling, ready, empty, rss, fileSize, said }) {
  const rows = [
    [
      'RSS of the host while they are enqueued, after each tenth',
      filling.map((value) => value.toFixed(0)).join(', '),
      'MB',
    ],
    ['enqueued by one function with 512 producers', whole(fillRate), 'jobs/s'],
    ['SIGKILL, then `edgefc start` until it is ready, Node’s own start included', whole(ready), 'ms'],
    ['the same with an empty queue', whole(empty), 'ms'],
    ['RSS of that host', rss.toFixed(0), 'MB'],
    ['size of the file', fileSize.toFixed(0), 'MB'],
    ['what the start said', said === '' ? 'nothing about them' : `\`${said}\``, ''],
  ];
  return table(
    `edgefc: ${whole(jobs)} pending, 128 B each; the host is started as \`edgefc systemd\` says`,
    ['', 'measured', ''],
    rows,
  );
}

/** The start of a job against one fsync and one warm call of the same round. @param {QueueRun} run @param {string} id */
function startRatio(run, id) {
  const call = id.startsWith('edgefc') ? id : 'edgefc thread';
  return medianOfRounds(
    run,
    [
      [id, 'start x1'],
      ['append-only file', 'fsync x1'],
      [call, 'sync x1'],
    ],
    ([own, fsync, sync]) => (own && fsync && sync ? timeOf(own) / (timeOf(fsync) + timeOf(sync)) : undefined),
  );
}

/** @param {QueueRun} run @param {string} id @param {string} unit @param {string} caseId @param {(slice: Slice) => number} value */
function ratioOf(run, id, unit, caseId, value) {
  return medianOfRounds(
    run,
    [
      [id, caseId],
      [unit, caseId],
    ],
    ([own, other]) => own && other && value(own) / value(other),
  );
}

/** @param {QueueRun} run @param {string} id @param {string} caseId @param {(slice: Slice) => number} value */
function middle(run, id, caseId, value) {
  return medianOfRounds(run, [[id, caseId]], ([slice]) => slice && value(slice));
}

/**
 * @param {QueueRun} run
 * @param {readonly (readonly [id: string, caseId: string])[]} sources
 * @param {(slices: (Slice | undefined)[]) => number | undefined} value  of the slices of one round
 * @returns {number | undefined}
 */
function medianOfRounds(run, sources, value) {
  const rounds = sources.map(([id, caseId]) => run.roundsOf(id, caseId)?.slices ?? []);
  const values = (rounds[0] ?? []).flatMap((_, round) => value(rounds.map((slices) => slices[round])) ?? []);
  return values.length === 0 ? undefined : median(values);
}

/** jobs/s. @param {Slice} slice */
const rateOf = (slice) => (slice.calls / slice.elapsed) * 1000;

/** µs. @param {Slice} slice */
const timeOf = (slice) => median(slice.samples);

/** @param {number} value */
const whole = (value) => Math.round(value).toLocaleString('en-US');

/** @param {number | undefined} value */
const microseconds = (value) => (value === undefined || Number.isNaN(value) ? '–' : whole(value));

/** @param {number | undefined} value */
const factorOf = (value) => (value === undefined ? '–' : value.toFixed(2));
