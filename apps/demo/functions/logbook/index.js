'use strict';

/** Notes every message about a room, with whom it is from. */
module.exports.handler = async (event, { invokerContext }) => {
  const { source, topic } = invokerContext.custom;
  console.log(`${source} on ${topic}: ${event.length} bytes`);
};
