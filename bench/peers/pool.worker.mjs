/** What the pools' workers run: sends back what came. */

/** @param {string | Uint8Array} payload */
export default async function echo(payload) {
  return payload;
}
