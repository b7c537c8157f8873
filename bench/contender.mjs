/**
 * The process of one contender: starts it, tells the parent when the first call was answered, then runs slices on
 * request. Each contender has a process of its own, so that no heap, event loop or memory figure is shared.
 *
 * usage: node contender.mjs <file in peers/> <variant>, with an IPC channel.
 */
import { makePayload } from './cases.mjs';
import { drive } from './drive.mjs';

/**
 * @typedef {object} Contender
 * @property {string} version              what was started, e.g. `piscina 5.3.2`
 * @property {(payload: string | Buffer) => unknown} [call]  one call, there and back; or else:
 * @property {(one: import('./cases.mjs').Case, milliseconds: number) => Promise<import('./drive.mjs').Slice>} [run]
 *                                         runs the slice where the caller is, when that is not this process
 * @property {() => unknown} stop
 */

/** @typedef {() => Promise<Contender>} Start */

const [file = '', variant = ''] = process.argv.slice(2);

/** @param {unknown} error */
const describe = (error) => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** @param {object} message */
const tell = (message) => process.send?.(message);

/** @type {Contender | undefined} */
let contender;
try {
  /** @type {{ variants: Record<string, Start> }} */
  const peer = await import(`./peers/${file}.mjs`);
  const start = peer.variants[variant];
  if (start === undefined) throw new Error(`peers/${file}.mjs has no variant ${variant}`);
  contender = await start();
  const first = await runSlice(contender, { id: 'first', kind: 'text', size: 32, inFlight: 1 }, 0);
  if (first.calls < 1) throw new Error('the first call was not answered');
  tell({ type: 'ready', version: contender.version });
} catch (error) {
  tell({ type: 'failed', reason: describe(error) });
}

process.on('message', (/** @type {any} */ message) => {
  void answer(message);
});
process.on('disconnect', () => process.exit(0));

/** @param {{ type: 'slice', one: import('./cases.mjs').Case, milliseconds: number } | { type: 'stop' }} message */
async function answer(message) {
  try {
    if (message.type === 'stop') {
      await contender?.stop();
      process.exit(0);
    }
    if (contender === undefined) throw new Error('the contender did not start');
    tell({ type: 'slice', slice: await runSlice(contender, message.one, message.milliseconds) });
  } catch (error) {
    tell({ type: 'failed', reason: describe(error) });
  }
}

/**
 * @param {Contender} running
 * @param {import('./cases.mjs').Case} one
 * @param {number} milliseconds
 */
async function runSlice(running, one, milliseconds) {
  if (running.run !== undefined) return running.run(one, milliseconds);
  const { call } = running;
  if (call === undefined) throw new Error('a contender needs call or run');
  const payload = makePayload(one);
  const answered = await call(payload);
  const length = typeof answered === 'string' ? answered.length : /** @type {Uint8Array} */ (answered)?.byteLength;
  if (length !== one.size) throw new Error(`sent ${one.size} bytes, the answer has ${length}`);
  return drive(() => call(payload), one.inFlight, milliseconds);
}
