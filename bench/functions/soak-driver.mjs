/**
 * The callers of the soak: so many loops at once, each bound to one function, that draw from one common number of
 * calls. So a function's share of the calls is its speed: a host that prefers one shows it here.
 */
import { FCClient } from '@edgefc/sdk';

const client = new FCClient();

/**
 * @param {string} event JSON of `{ calls, callers, functions }`
 * @returns {Promise<import('../soak.mjs').DriverReport>}
 */
export async function handler(event) {
  const { calls, callers, functions } = JSON.parse(event);
  /** @type {Uint8Array} how often each call's callback ran */
  const settled = new Uint8Array(calls);
  /** @type {Record<string, number>} */
  const outcomes = {};
  /** @type {string[]} */
  const wrong = [];
  const perFunction = new Array(functions).fill(0);
  let next = 0;

  /** @param {number} caller */
  const loop = async (caller) => {
    const target = caller % functions;
    while (next < calls) {
      const id = next++;
      const kind = kindOf(perFunction[target]++);
      const outcome = await call(target, kind, id, settled);
      const label = `${kind} → ${outcome.label}`;
      outcomes[label] = (outcomes[label] ?? 0) + 1;
      if (!outcome.fine && wrong.length < 10) wrong.push(`call ${id}, ${label}: ${outcome.detail}`);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)));
  // A second callback would come late: give it the time of a whole timeout.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return {
    never: settled.filter((times) => times === 0).length,
    twice: settled.filter((times) => times > 1).length,
    outcomes,
    wrong,
    perFunction,
  };
}

/** 1 % errors, 0.1 % timeouts, 0.05 % crashes, spread evenly over each function's own calls. @param {number} index */
function kindOf(index) {
  if (index % 2000 === 1999) return index % 4000 === 1999 ? 'exit' : 'uncaught';
  if (index % 1000 === 500) return 'hang';
  if (index % 100 === 50) return 'error';
  return 'ok';
}

/** What each kind of call has to end with. */
const EXPECTED = {
  ok: 'answer',
  error: 'Handled Error',
  hang: 'Unhandled Timeout',
  exit: 'Unhandled Exit',
  uncaught: 'Unhandled Uncaught',
};
/** What a call may end with when its instance was lost to a neighbour's failure. */
const COLLATERAL = new Set(['Unhandled InstanceLost', 'Unhandled Timeout']);

/**
 * @param {number} target
 * @param {keyof typeof EXPECTED} kind
 * @param {number} id
 * @param {Uint8Array} settled
 * @returns {Promise<{ label: string, fine: boolean, detail: string }>}
 */
function call(target, kind, id, settled) {
  return new Promise((resolve) => {
    const params = { serviceName: 'Bench', functionName: `f${target}`, payload: `${kind}:${id}` };
    client.invokeFunction(params, (error, data) => {
      settled[id] = (settled[id] ?? 0) + 1;
      if (error) {
        resolve({ label: `refused ${error.code}`, fine: false, detail: error.message });
        return;
      }
      const text = String(data.payload);
      if (data.functionError === undefined || data.functionError === null) {
        resolve({ label: 'answer', fine: kind === 'ok' && text === String(id), detail: text });
        return;
      }
      const failure = JSON.parse(text);
      const label = `${data.functionError} ${failure.errorType}`;
      const own = kind !== 'error' || failure.errorMessage === String(id);
      resolve({ label, fine: (label === EXPECTED[kind] && own) || COLLATERAL.has(label), detail: text.slice(0, 300) });
    });
  });
}
