/**
 * Reads the wall's socket into one buffer, again and again.
 *
 * A stream allocates 64 KiB for every read, most of which is given back at once. A FrameReader keeps nothing of what it is shown, so one buffer will do.
 */
import type { OnReadOpts } from 'node:net';

const READ_SIZE = 64 * 1024;

export function readInto(reader: { push(chunk: Buffer): void }): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  return {
    buffer,
    callback: (size) => {
      reader.push(buffer.subarray(0, size));
      return true;
    },
  };
}
