'use strict';

/** Prints what it was sent and by whom, and answers in kind: a text to a text, bytes to bytes. */
module.exports.handler = (event, context, callback) => {
  const { requestId, invokerContext } = context;
  console.log(event);
  console.log({ requestId, invokerContext });

  const answer = 'Message from helloworld';
  callback(null, Buffer.isBuffer(event) ? Buffer.from(answer) : answer);
};
