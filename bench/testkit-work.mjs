/**
 * One piece of the testkit's benchmark, in a process of its own, so that nothing is warm but what it has warmed itself:
 * `node bench/testkit-work.mjs <work> …`. Prints JSON. Uses the built package, as whoever installs it does.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** @typedef {import('../packages/testkit/src/options.ts').TestHostOptions} TestHostOptions */
/** @typedef {{ options: TestHostOptions, target: string, answer: RegExp }} Variant */

const DEMO = new URL('../apps/demo/', import.meta.url);
const INVOKER = { 'EdgeFC/Invoker': fileURLToPath(new URL('functions/Invoker/index.js', DEMO)) };
const FAKES = { 'EdgeFC/helloworld': 'Message from helloworld' };
const GREETED = { target: 'EdgeFC/Invoker', answer: /Message from helloworld/ };

/** What a test's host may be made of. @type {Record<string, Variant>} */
const VARIANTS = {
  code: {
    options: { functions: { 'Bench/echo': async (/** @type {string} */ event) => event } },
    target: 'Bench/echo',
    answer: /^$/,
  },
  module: {
    options: { functions: { 'Bench/echo': fileURLToPath(new URL('functions/echo.mjs', import.meta.url)) } },
    target: 'Bench/echo',
    answer: /^$/,
  },
  invoker: { options: { functions: INVOKER, fakes: FAKES }, ...GREETED },
  configuration: { options: { config: new URL('edgefc.config.ts', DEMO) }, ...GREETED },
  thread: { options: { functions: INVOKER, fakes: FAKES, isolation: 'thread' }, ...GREETED },
  process: { options: { functions: INVOKER, fakes: FAKES, isolation: 'process' }, ...GREETED },
};

const began = performance.now();
const { createTestHost, withTestHost } = await import('../packages/testkit/dist/index.js');
const imported = performance.now() - began;

const [work = '', ...parameters] = process.argv.slice(2);
console.log(JSON.stringify(await perform()));

function perform() {
  const [first = '', second = ''] = parameters;
  switch (work) {
    case 'hosts':
      return makeHosts(variantOf(first), Number(second));
    case 'leaks':
      return lookForLeaks(variantOf(first), Number(second));
    case 'six hours':
      return playSixHours(Number(first));
    default:
      throw new Error(`testkit-work knows no work '${work}': hosts, leaks, six hours`);
  }
}

/** ms of each host: from nothing to its first answer, and to stop it. @param {Variant} variant @param {number} count */
async function makeHosts(variant, count) {
  const answers = [];
  const stops = [];
  for (let made = 0; made < count; made += 1) {
    const { answered, stopped } = await makeOne(variant);
    answers.push(answered);
    stops.push(stopped);
  }
  return { imported, answers, stops };
}

/**
 * The heap after each tenth of the hosts, and what the process waits for before the first and after the last one.
 *
 * @param {Variant} variant
 * @param {number} count
 */
async function lookForLeaks(variant, count) {
  setFlagsFromString('--expose-gc');
  /** @type {() => void} */
  const collectGarbage = runInNewContext('gc');
  const heap = async () => {
    // What ends in the background ends first; finalizers run between two collections.
    for (let round = 0; round < 3; round += 1) {
      await turn();
      collectGarbage();
    }
    return process.memoryUsage().heapUsed;
  };
  const handlesBefore = process.getActiveResourcesInfo().sort();
  const heaps = [];
  for (let made = 1; made <= count; made += 1) {
    await makeOne(variant);
    if (made % (count / 10) === 0) heaps.push(await heap());
  }
  return { heaps, handlesBefore, handlesAfter: process.getActiveResourcesInfo().sort() };
}

/** ms of each of them, and how many different traces there were. @param {number} count */
async function playSixHours(count) {
  const { playSixHours: play, SIX_HOURS } = await import('../packages/testkit/test/support/six-hours.ts');
  const times = [];
  const traces = new Set();
  for (let played = 0; played < count; played += 1) {
    const begin = performance.now();
    const { data } = await withTestHost(SIX_HOURS, play);
    times.push(performance.now() - begin);
    traces.add(data);
  }
  return { times, traces: traces.size };
}

/** @param {Variant} variant */
async function makeOne({ options, target, answer }) {
  const begin = performance.now();
  const host = await createTestHost(options);
  const { text, functionError } = await host.invoke(target);
  const answered = performance.now() - begin;
  if (functionError !== null || !answer.test(text)) throw new Error(`${target} answered ${functionError} ${text}`);
  const end = performance.now();
  await host.stop();
  return { answered, stopped: performance.now() - end };
}

/** @param {string} name */
function variantOf(name) {
  const variant = VARIANTS[name];
  if (variant === undefined) throw new Error(`there is no '${name}': ${Object.keys(VARIANTS).join(', ')}`);
  return variant;
}
