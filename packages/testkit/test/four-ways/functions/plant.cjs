'use strict';

/** One function for each thing that may happen, as people wrote them for Link IoT Edge. */
const { FCClient, IoTData, NonRetryableError, RetryLater } = require('linkedge-core-sdk');

const fc = new FCClient();
const iot = new IoTData();

exports.echo = async (event) => event;

/** What its author sees: kind and content of the event, and the context, without what is another's in each run. */
exports.describe = (event, context, callback) => {
  const { requestId, invokerContext, attempt, service, region, credentials } = context;
  const { name, handler, timeout } = context.function;
  const kind = Buffer.isBuffer(event) ? `${event.length} bytes` : `text of ${event.length}`;
  const of = { service: service.name, name, handler, timeout, region, credentials };
  callback(null, { kind, event: event.toString(), requestId, invokerContext, attempt, of });
};

/** Makes the call that its event says, and answers with what the SDK gave it. */
exports.ask = (event, context, callback) => {
  const { context: invokerContext, base64, ...call } = JSON.parse(event);
  if (base64 !== undefined) call.payload = Buffer.from(base64, 'base64');
  if (invokerContext) call.invokerContext = Buffer.from(JSON.stringify(invokerContext)).toString('base64');
  fc.invokeFunction(call, (error, data) => callback(null, error ? { refused: error.code } : toPlain(data)));
};

/** Calls what calls: three functions deep. */
exports.chain = async (event) => {
  const { payload } = await fc.invokeFunction({
    functionId: 'Plant/ask',
    payload: JSON.stringify({
      serviceName: 'Plant',
      functionName: 'describe',
      payload: event,
      context: { deep: true },
    }),
  });
  return payload;
};

exports.fails = async () => {
  throw new RangeError('the valve says that it is 140 % open');
};

exports.failsByCallback = (event, context, callback) => {
  callback(Object.assign(new TypeError('no number'), { code: 'EVALVE' }));
};

exports.exits = () => {
  process.exit(3);
};

exports.throwsLater = () => {
  setTimeout(() => {
    throw new Error('nobody catches this');
  }, 5);
};

exports.hangs = () => {
  console.log('waits for an answer');
};

exports.succeedsAtLast = async (event, { attempt }) => {
  console.log(`attempt ${attempt}`);
  if (attempt < 3) throw new Error(`busy, ${attempt}`);
  return `done at attempt ${attempt}`;
};

exports.neverSucceeds = async (event, { attempt }) => {
  throw new Error(`no power, ${attempt}`);
};

exports.isHopeless = async () => {
  throw new NonRetryableError('there is no such valve');
};

exports.comesBack = async (event, { attempt }) => {
  if (attempt === 1) throw new RetryLater({ after: 30 });
  return 'it is later';
};

exports.logs = async (event) => {
  console.log('text, %s and %d', event, 42);
  console.info({ nested: { object: [1, 2] } });
  console.warn('two\nlines');
  console.error(new RangeError('printed').message);
  process.stdout.write('written\n');
  return event;
};

/** Async work, and the result of it by its id. */
exports.fetches = async (event) => {
  const id = await fc.invokeFunction({ functionId: 'Plant/echo', invocationType: 'Async', payload: event });
  const { state, attempt, result } = await fc.waitForInvocation(id);
  return { id, state, attempt, result: String(result) };
};

exports.publishes = async (event) => iot.publish({ topic: 'plant/tank/level', payload: event });

exports.hears = async (event, { invokerContext }) => {
  const { topic, source } = invokerContext.custom;
  console.log(`${event.length} bytes on ${topic} from ${source}`);
};

function toPlain({ payload, functionError, statusCode }) {
  const kind = Buffer.isBuffer(payload) ? 'bytes' : 'text';
  if (functionError === null) return { kind, payload: payload.toString(), statusCode };
  const { errorType, errorMessage } = JSON.parse(payload);
  return { functionError, errorType, errorMessage, statusCode };
}
