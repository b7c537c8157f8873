/**
 * The promises that `pnpm mutation-check` takes out of the code, one at a time, and how: exact edits of the source.
 *
 * @typedef {object} Mutation
 * @property {string} name what is taken out
 * @property {string} what what the code does then
 * @property {string} file where, from the root of the workspace
 * @property {string} from what stands there, exactly once
 * @property {string} to what stands there instead
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** @type {readonly Mutation[]} */
const MUTATIONS = [
  {
    name: 'the retry',
    what: 'the first failure is the last',
    file: 'packages/runtime/src/engine/scheduler/retry-policy.ts',
    from: "if (failures >= attempts) return { kind: 'dead', state: 'Failed', error };",
    to: "return { kind: 'dead', state: 'Failed', error };",
  },
  {
    name: 'the dedupe',
    what: 'a repeat is stored like any other work',
    file: 'packages/runtime/src/engine/queue/ledger.ts',
    from: "return { kind: 'deduplicated', seq: known.seq };",
    to: '',
  },
  {
    name: 'the deadline',
    what: 'a handler that runs has none',
    file: 'packages/runtime/src/engine/scheduler/scheduler.ts',
    from: 'this.#deadlines.set(invocation, invocation.effectiveDeadline);',
    to: '',
  },
  {
    name: 'settle-once',
    what: 'work that does not run is settled again',
    file: 'packages/runtime/src/engine/queue/ledger.ts',
    from: "if (head?.state !== 'Running') return { settled: false, woken: [] };",
    to: 'if (head === undefined) return { settled: false, woken: [] };',
  },
  {
    name: 'the order key',
    what: 'work does not stand behind other work of its key',
    file: 'packages/runtime/src/engine/queue/ledger.ts',
    from: `const dueAt = at + Math.ceil(delay);
    const blocked = orderKey !== null && this.#tables.firstOfKey(target, orderKey) !== undefined;`,
    to: `const dueAt = at + Math.ceil(delay);
    const blocked = false;`,
  },
  {
    name: 'the sync before the id',
    what: 'commits are synced some time after their answers',
    file: 'packages/runtime/src/store/writer.ts',
    from: 'file.mode = modeOf(left, file.mode);',
    to: "file.mode = 'NORMAL';",
  },
  {
    name: 'the commit before the id',
    what: 'answers leave before what they tell of is written',
    file: 'packages/runtime/src/store/writer.ts',
    from: `        file.tables.commit();
        this.#committed(file, left);
        left.forEach(({ id, command }, index) => {
          this.#answers.push(id, command.kind, results[index]);
        });`,
    to: `        left.forEach(({ id, command }, index) => {
          this.#answers.push(id, command.kind, results[index]);
        });
        this.#flush();
        file.tables.commit();
        this.#committed(file, left);`,
  },
];

/**
 * All of them, with the source as it is and as it is then, and the line that changes. Throws when one does not fit any more:
 * who changed the line says here how the promise is taken out now.
 */
export function readMutations() {
  return MUTATIONS.map((mutation) => {
    const { name, file, from, to } = mutation;
    const source = readFileSync(join(root, file), 'utf8');
    const places = source.split(from).length - 1;
    if (places !== 1) {
      throw new Error(
        `${name}: ${file} has ${places} times what is to be changed there, and has to have it once:\n` +
          `${from}\nSay in scripts/mutation/mutations.mjs how it is taken out now.`,
      );
    }
    const [before, after] = [from.split('\n'), to.split('\n')];
    const firstChanged = before.findIndex((text, index) => text !== after[index]);
    const line = source.slice(0, source.indexOf(from)).split('\n').length + firstChanged;
    return { ...mutation, source, mutated: source.replace(from, () => to), line };
  });
}
