/**
 * Standard output as a file: written asynchronously, where the platform's own stream would stop the event loop for a
 * slow disk, and going on after a failed write, where it would end for good: a full disk gets room again.
 */
import { write } from 'node:fs';
import { Writable } from 'node:stream';

/** A stream into an open file; it never closes `fd`. */
export function openFileStream(fd: number): Writable {
  return new Writable({
    decodeStrings: true,
    write(chunk: Uint8Array, _encoding, callback) {
      writeWhole(fd, chunk, 0, callback);
    },
  });
}

function writeWhole(fd: number, chunk: Uint8Array, offset: number, done: () => void): void {
  write(fd, chunk, offset, chunk.byteLength - offset, null, (error, written) => {
    // Nothing is left to say it to: this is the log. The chunk is lost, the next one tries again.
    if (error !== null || offset + written >= chunk.byteLength) done();
    else writeWhole(fd, chunk, offset + written, done);
  });
}
