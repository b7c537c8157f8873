/** The caller: runs one slice against the callee from inside its own instance and returns what it measured. */
import { FCClient } from '@edgefc/sdk';
import { makePayload } from '../cases.mjs';
import { drive } from '../drive.mjs';

const client = new FCClient();

/** @param {string} event JSON of `{ one, milliseconds }` */
export async function handler(event) {
  const { one, milliseconds } = JSON.parse(event);
  const payload = makePayload(one);
  const call = async () => {
    const { payload: answer, functionError } = await client.invokeFunction({
      serviceName: 'Bench',
      functionName: 'echo',
      payload,
    });
    if (functionError) throw new Error(`the callee failed: ${answer}`);
    return answer;
  };
  const answered = await call();
  if (answered.length !== one.size) throw new Error(`sent ${one.size} bytes, the answer has ${answered.length}`);
  return drive(call, one.inFlight, milliseconds);
}
