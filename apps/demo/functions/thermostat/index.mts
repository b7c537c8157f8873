/** Calls another typed function: `thermometer.invoke` takes and gives what its handler says, checked by the compiler. */
import { defineHandler, functionRef } from '@edgefc/sdk';
import type { handler as measure } from '../thermometer/index.mts';

const thermometer = functionRef<typeof measure>('EdgeFC/thermometer');

export const handler = defineHandler(async ({ room, wanted }: { room: string; wanted: number }) => {
  const { celsius } = await thermometer.invoke({ room });
  return { room, celsius, heating: celsius < wanted };
});
