'use strict';

/**
 * Calls other functions and prints what came back.
 *
 * Its event says which call to make; without one it greets helloworld. What the SDK gave is its own result.
 */
const { FCClient, IoTData } = require('linkedge-core-sdk');

const fc = new FCClient();
const iot = new IoTData();

const calls = {
  text: { functionName: 'helloworld', payload: 'String message from Invoker.' },
  bytes: { functionName: 'helloworld', payload: Buffer.from('Bytes from Invoker.') },
  later: { functionName: 'helloworld', payload: 'Message for later from Invoker.', invocationType: 'Async' },
  failing: { functionName: 'failing', payload: 'open the valve' },
  slow: { functionName: 'slow', payload: 'read the sensor' },
  crashing: { functionName: 'crashing', payload: 'write the file' },
  typed: { functionName: 'thermostat', payload: JSON.stringify({ room: 'kitchen', wanted: 21 }) },
  repaired: { functionName: 'pump', payload: 'close the breaker' },
  survives: { functionName: 'helloworld', payload: 'I have survived.', invocationType: 'Async', delay: 200 },
};

/** Async calls whose end Invoker waits for, by their ids. */
const awaited = {
  fetched: { functionName: 'helloworld', payload: 'Message to be asked about.', invocationType: 'Async' },
  retried: { functionName: 'uplink', payload: '19.5 °C', invocationType: 'Async' },
  dead: { functionName: 'pump', payload: 'fill the tank', invocationType: 'Async' },
};

const messages = {
  message: { topic: 'rooms/kitchen/celsius', payload: '19.5' },
};

// What helloworld finds as context.invokerContext: an object, sent as base64 of its JSON.
const invokerContext = Buffer.from(JSON.stringify({ custom: { data: 'Custom context from Invoker' } })).toString(
  'base64',
);

module.exports.handler = (event, context, callback) => {
  const name = event || 'text';
  if (Object.hasOwn(calls, name)) invoke(calls[name], callback);
  else if (Object.hasOwn(awaited, name)) invokeAndWait(awaited[name], callback);
  else if (Object.hasOwn(messages, name)) publish(messages[name], callback);
  else {
    const names = Object.keys({ ...calls, ...awaited, ...messages }).join(', ');
    callback(new Error(`Invoker knows no call "${name}"; send one of ${names}`));
  }
};

function invoke(call, callback) {
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
}

function invokeAndWait(call, callback) {
  invoke(call, (err, id) => {
    if (err) {
      callback(err);
      return;
    }
    fc.waitForInvocation(id, { timeout: 3000 }, (error, status) => {
      if (error) {
        console.error(error);
        callback(error);
        return;
      }
      for (const { attempt, errorMessage } of status.errors) console.log(`attempt ${attempt} failed: ${errorMessage}`);
      console.log(status.result === null ? status.state : `${status.state}: ${status.result}`);
      callback(null, status);
    });
  });
}

function publish(message, callback) {
  iot.publish(message, (err, id) => {
    if (err) {
      console.error(err);
      callback(err);
      return;
    }
    console.log(`published as ${id}`);
    callback(null, id);
  });
}
