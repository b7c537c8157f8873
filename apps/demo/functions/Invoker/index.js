'use strict';

/**
 * Calls other functions and prints what came back.
 *
 * Its event says which call to make; without one it greets helloworld. What `invokeFunction` gave is its own result.
 */
const { FCClient } = require('linkedge-core-sdk');

const fc = new FCClient();

const calls = {
  text: { functionName: 'helloworld', payload: 'String message from Invoker.' },
  bytes: { functionName: 'helloworld', payload: Buffer.from('Bytes from Invoker.') },
  later: { functionName: 'helloworld', payload: 'Message for later from Invoker.', invocationType: 'Async' },
  failing: { functionName: 'failing', payload: 'open the valve' },
  slow: { functionName: 'slow', payload: 'read the sensor' },
  crashing: { functionName: 'crashing', payload: 'write the file' },
  typed: { functionName: 'thermostat', payload: JSON.stringify({ room: 'kitchen', wanted: 21 }) },
};

// What helloworld finds as context.invokerContext: an object, sent as base64 of its JSON.
const invokerContext = Buffer.from(JSON.stringify({ custom: { data: 'Custom context from Invoker' } })).toString(
  'base64',
);

module.exports.handler = (event, context, callback) => {
  const call = calls[event || 'text'];
  if (call === undefined) {
    callback(new Error(`Invoker knows no call "${event}"; send one of ${Object.keys(calls).join(', ')}`));
    return;
  }
  fc.invokeFunction({ serviceName: 'EdgeFC', invocationType: 'Sync', invokerContext, ...call }, (err, data) => {
    // `err`: nobody answered. A callee that failed has answered, and says so in `data.functionError`.
    if (err) {
      console.error(err);
      callback(err);
      return;
    }
    if (call.invocationType === 'Async') {
      console.log(`accepted as ${data}`);
    } else if (data.functionError) {
      const { errorType, errorMessage } = JSON.parse(data.payload);
      console.log(`${call.functionName} failed: ${errorType}: ${errorMessage}`);
    } else {
      console.log(data.payload);
    }
    callback(null, data);
  });
};
