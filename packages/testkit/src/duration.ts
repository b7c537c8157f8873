/** Durations as tests write them: milliseconds, or the configuration's text. */
import { parseDuration } from '@edgefc/runtime/testing';

/**
 * ms of a duration.
 *
 * @param who - what it was given to, for the message: `'advance()'`
 * @throws RangeError when it is none
 */
export function readDuration(duration: number | string, who: string): number {
  const ms = typeof duration === 'string' ? parseDuration(duration) : duration;
  if (ms !== undefined && Number.isFinite(ms) && ms >= 0) return ms;
  const found = typeof duration === 'string' ? `'${duration}'` : String(duration);
  const why = ms !== undefined && ms < 0 ? ', and time does not go back' : '';
  throw new RangeError(`${who} is ${found}${why}: give milliseconds, or a duration such as '5s' or '250ms'`);
}
