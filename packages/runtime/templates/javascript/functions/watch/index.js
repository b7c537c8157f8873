/** Asks the thermometer, and says whether it is too hot. Values go back and forth as JSON; the SDK does that. */
import { defineHandler, functionRef } from '@edgefc/sdk';

const thermometer = functionRef('Home/thermometer');

export const handler = defineHandler(async () => {
  const { room, celsius } = await thermometer.invoke({ room: 'kitchen' });
  const verdict = celsius > 25 ? 'too hot' : 'fine';
  console.log(`${room}: ${celsius} °C, ${verdict}`);
  return { celsius, verdict };
});
