/** What the tuned piscina's worker runs: sends back what came, bytes copied and transferred. */
import { move } from 'piscina';

/** @param {string | Uint8Array} payload */
export default async function echo(payload) {
  return typeof payload === 'string' ? payload : move(new Uint8Array(payload));
}
