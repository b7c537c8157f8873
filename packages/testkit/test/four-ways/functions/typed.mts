/** A typed function, as an ES module in TypeScript, which calls one that the test fakes. */
import { defineHandler, functionRef, type TypedHandler } from '@edgefc/sdk';

const sensor = functionRef<{ tank: string }, { level: number }>('Cloud/sensor');

type Handler = TypedHandler<{ tank: string; full: number }, { tank: string; missing: number }>;

export const handler: Handler = defineHandler(async ({ tank, full }) => {
  const { level } = await sensor.invoke({ tank });
  return { tank, missing: full - level };
});
