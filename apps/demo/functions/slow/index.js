'use strict';

/** Waits for a sensor that never answers, in the worst way: its thread never comes free, so nothing can reach it. */
module.exports.handler = (event) => {
  console.log(`${event}: waiting for an answer`);
  setImmediate(() => {
    for (;;);
  });
};
