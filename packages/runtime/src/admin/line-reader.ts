/**
 * Cuts what comes from a socket into lines, however it was cut on the way; a line longer than `limit` bytes is the end of it,
 * so that whoever writes cannot make the reader hold more (I6).
 */
const NEWLINE = 0x0a;

export class LineReader {
  readonly #limit: number;
  /** The beginning of a line whose end has not come. */
  #parts: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The lines that `chunk` completes, without their ends; `tooLong` when one passes the limit: nothing more can be read. */
  push(chunk: Buffer): { readonly lines: readonly string[]; readonly tooLong: boolean } {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      if (!this.#add(chunk.subarray(start, end))) return { lines, tooLong: true };
      lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#size = 0;
      start = end + 1;
    }
    return { lines, tooLong: !this.#add(chunk.subarray(start)) };
  }

  #add(part: Buffer): boolean {
    this.#size += part.byteLength;
    if (this.#size > this.#limit) {
      this.#parts = [];
      return false;
    }
    if (part.byteLength > 0) this.#parts.push(part);
    return true;
  }
}
