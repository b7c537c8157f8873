'use strict';

/** Sends what it is given over a line that is busy the first two times. Failing is all it does: others try again. */
module.exports.handler = async (event, { attempt }) => {
  console.log(`attempt ${attempt}: sending ${event}`);
  if (attempt < 3) throw new Error('the line is busy');
  return `sent ${event}`;
};
