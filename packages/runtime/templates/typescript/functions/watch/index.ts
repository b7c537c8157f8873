/** Asks the thermometer, and says whether it is too hot. Types and JSON are checked by the compiler and done by the SDK. */
import { defineHandler, functionRef } from '@edgefc/sdk';
import type { handler as measure } from '../thermometer/index.ts';

const thermometer = functionRef<typeof measure>('Home/thermometer');

export const handler = defineHandler(async () => {
  const { room, celsius } = await thermometer.invoke({ room: 'kitchen' });
  const verdict = celsius > 25 ? 'too hot' : 'fine';
  console.log(`${room}: ${celsius} °C, ${verdict}`);
  return { celsius, verdict };
});
