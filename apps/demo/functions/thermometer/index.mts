/** A typed function: `defineHandler` reads and writes JSON, and carries both types to whoever calls it. */
import { defineHandler } from '@edgefc/sdk';

const rooms = new Map([
  ['kitchen', 19.5],
  ['cellar', 12],
]);

export const handler = defineHandler(({ room }: { room: string }) => {
  const celsius = rooms.get(room);
  if (celsius === undefined) throw new RangeError(`there is no thermometer in the ${room}`);
  return { celsius };
});
