/**
 * Routes: what matching one message costs with 10, 100, 10,000 and 100,000 routes.
 *
 * Measures the route table alone: what a published message costs besides (admission, a durable commit, the wall) is the
 * same with any number of routes, and would only hide the ratio. The messages are those of ten devices, the same ten with every
 * table. Not judged: the messages of all devices in turn, where the processor's caches hold less of the larger tables; and a table
 * made to be slow. Tables are measured in turns, and each ratio taken inside one round. Exits with 1 when a ratio that is judged is above the target.
 *
 * usage: pnpm bench routes [--rounds 9] [--write]   (--write: into RESULTS.md)
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RouteTable } from '../packages/runtime/src/engine/router/route-table.ts';
import { median } from './measure.mjs';
import { machine, table } from './report.mjs';
import { replaceSection } from './results-file.mjs';

const SIZES = [10, 100, 10_000, 100_000];
const MAX_RATIO = 3;
/** Messages of one slice: some tens of ms. */
const SLICE = 100_000;

/** @typedef {{ source?: string | undefined, topic: string }} Message */
/** @typedef {import('../packages/runtime/src/engine/definition.ts').RouteDefinition} Route */
/** @typedef {{ title: string, judged: boolean, route(index: number): Route, message(index: number): Message, spread?: boolean, slice?: number }} Shape */

/** @param {string} filter @param {number} index @returns {Route} */
const anyone = (filter, index) => ({ source: undefined, filter, target: `S/f${index % 50}` });
/** @param {number} index */
const device = (index) => `plant/line${index % 25}/device${index}`;

/** As many levels as it takes to have 100,000 of them differ. */
const MIXED = Array.from({ length: 17 });

/** @type {readonly Shape[]} */
const SHAPES = [
  {
    title: 'an exact topic a device',
    judged: true,
    route: (index) => anyone(`${device(index)}/temperature`, index),
    message: (index) => ({ topic: `${device(index)}/temperature` }),
  },
  {
    title: 'a filter with + and # a device',
    judged: true,
    route: (index) => anyone(`plant/+/device${index}/#`, index),
    message: (index) => ({ topic: `${device(index)}/temperature` }),
  },
  {
    title: 'one filter, a route for each source',
    judged: true,
    route: (index) => ({ source: `S/g${index}`, filter: 'plant/+/temperature', target: `S/f${index % 50}` }),
    message: (index) => ({ topic: 'plant/line1/temperature', source: `S/g${index}` }),
  },
  {
    title: 'mixtures of + and texts that nearly match',
    judged: true,
    route: (index) =>
      index < 10
        ? anyone(`${device(index)}/temperature`, index)
        : anyone(`+/line${index % 25}/+/+/${'+/'.repeat(index % 7)}end${index}`, index),
    message: (index) => ({ topic: `${device(index % 10)}/temperature` }),
  },
  {
    title: 'exact topics, messages of all devices in turn',
    judged: false,
    route: (index) => anyone(`${device(index)}/temperature`, index),
    message: (index) => ({ topic: `${device(index)}/temperature` }),
    spread: true,
  },
  {
    title: 'every mixture of + and one text, in 17 levels',
    judged: false,
    route: (index) =>
      anyone(`${[...MIXED].map((_, level) => (index & (1 << level) ? '+' : 'a')).join('/')}/end${index}`, index),
    message: (index) => ({ topic: `${[...MIXED].fill('a').join('/')}/end${index % 10}` }),
    slice: 100,
  },
];

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, write: { type: 'boolean', default: false } },
});

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collectGarbage = runInNewContext('gc');

let fine = true;
/** @type {string[][]} */
const rows = [];
for (const shape of SHAPES) {
  process.stderr.write(`routes: ${shape.title}\n`);
  const tables = SIZES.map((size) => {
    const before = heap();
    const routes = new RouteTable(Array.from({ length: size }, (_, index) => shape.route(index)));
    const bytes = heap() - before;
    const count = shape.spread ? size : 10;
    // A stride that has no factor with the counts visits every device, and no two neighbours in turn.
    const messages = Array.from({ length: count }, (_, index) => shape.message((index * 7919) % count));
    return { routes, messages, bytes };
  });
  /** @type {number[][]} ns of one message, by size */
  const times = SIZES.map(() => []);
  for (let round = -1; round < Number(flags.rounds); round += 1) {
    tables.forEach(({ routes, messages }, at) => {
      const time = measure(routes, messages, shape.slice ?? SLICE);
      if (round >= 0) times[at]?.push(time); // The first round warms up.
    });
  }
  const base = times[0] ?? [];
  SIZES.forEach((size, at) => {
    const ratio = median((times[at] ?? []).map((time, round) => time / (base[round] ?? Number.NaN)));
    const met = ratio <= MAX_RATIO;
    if (shape.judged && !met) fine = false;
    rows.push([
      at === 0 ? shape.title : '',
      size.toLocaleString('en-US'),
      Math.round(median(times[at] ?? [])).toLocaleString('en-US'),
      ratio.toFixed(2),
      at === 0 || !shape.judged ? '–' : met ? 'met' : '**not met**',
      ((tables[at]?.bytes ?? 0) / 2 ** 20).toFixed(1),
    ]);
  });
}

const text = [
  `Date: ${new Date().toISOString().slice(0, 10)}. Machine: ${machine()}. Command: \`${['pnpm bench routes', ...process.argv.slice(2)].join(' ')}\`.`,
  '',
  `Matching one message, median of ${flags.rounds} rounds of ${SLICE.toLocaleString('en-US')} messages. Target: at most ${MAX_RATIO} × what 10 routes cost.`,
  '',
  ...table('Result', ['routes', 'how many', 'ns a message', '× of 10', '', 'MB of heap'], rows),
].join('\n');
console.log(text);
if (flags.write) await replaceSection('routes', text);
process.exit(fine ? 0 : 1);

/** ns of one message. @param {RouteTable} routes @param {readonly Message[]} messages @param {number} slice how many messages */
function measure(routes, messages, slice) {
  let found = 0;
  const begin = performance.now();
  for (let index = 0; index < slice; index += 1) {
    const message = messages[index % messages.length];
    if (message !== undefined) found += routes.match(message.topic, message.source).length;
  }
  const took = performance.now() - begin;
  // Every message has its one route: a table that finds nothing would be fast.
  if (found !== slice) throw new Error(`${found} targets for ${slice} messages`);
  return (took * 1e6) / slice;
}

function heap() {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
