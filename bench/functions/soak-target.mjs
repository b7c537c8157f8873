/** One of the identical functions of the soak: does what its event says, `<kind>:<id>`, and answers the id. */

/** @param {string} event */
export async function handler(event) {
  const [kind, id] = event.split(':');
  switch (kind) {
    case 'error':
      throw new Error(id);
    case 'hang':
      return new Promise(() => {});
    case 'exit':
      process.exit(3);
      break;
    case 'uncaught':
      setImmediate(() => {
        throw new Error(`uncaught ${id}`);
      });
      return new Promise(() => {});
    default:
      return id;
  }
}
