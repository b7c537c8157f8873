/** The callee: sends back what came. */

/** @param {string | Uint8Array} event */
export async function handler(event) {
  return event;
}
