/** Measures a room. It makes its readings up: put your sensor in here. */
import { defineHandler } from '@edgefc/sdk';

export const handler = defineHandler(({ room }) => {
  const celsius = 20 + Math.round(Math.random() * 100) / 10;
  return { room, celsius };
});
