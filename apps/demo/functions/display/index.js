'use strict';

/** Shows a room's temperature: a message comes as bytes, and the room is the middle of its topic. */
module.exports.handler = async (event, { invokerContext }) => {
  const [, room] = invokerContext.custom.topic.split('/');
  console.log(`it is ${event} °C in the ${room}`);
};
