/**
 * Messages as bytes, for walls that are sockets: length-prefixed frames of tagged fields.
 *
 *     frame = length (u32 LE, of what follows) field*
 *     field = tag (u8) [content]
 *
 * Pure: bytes in, messages out. Nothing in a frame is trusted beyond its length, which is bounded.
 */
import type { WireMessage } from '../engine/protocol.ts';

const Tag = {
  Null: 0,
  False: 1,
  True: 2,
  /** f64 */
  Number: 3,
  /** u32 */
  Uint32: 4,
  /** u32 length, UTF-8 */
  Text: 5,
  /** u32 length, UTF-16 LE: text with lone surrogates */
  RawText: 6,
  /** u32 length */
  Bytes: 7,
  /** u32 length: a WireText */
  LongText: 8,
} as const;

const HEADER = 4;
/** Bytes from which a field's content becomes a chunk of its own instead of being copied into the frame. */
const OWN_CHUNK_FROM = 32 * 1024;

/** Collects frames of one turn of the event loop, to be written together. */
export class FrameWriter {
  #chunks: Uint8Array[] = [];
  #buffer: Buffer = Buffer.allocUnsafeSlow(16 * 1024);
  /** Where the unfinished chunk begins, and where the next byte goes. */
  #start = 0;
  #end = 0;
  #pending = 0;

  /** Messages written since the last `take`. */
  get pending(): number {
    return this.#pending;
  }

  get empty(): boolean {
    return this.#chunks.length === 0 && this.#start === this.#end;
  }

  write(message: WireMessage): void {
    this.#pending += 1;
    this.#reserve(HEADER);
    const lengthBuffer = this.#buffer;
    const lengthAt = this.#end;
    this.#end += HEADER;
    let length = 0;
    for (const field of message) length += this.#field(field);
    lengthBuffer.writeUInt32LE(length, lengthAt);
  }

  /** Everything written since the last `take`, in order. */
  take(): Uint8Array[] {
    this.#cutChunk();
    this.#pending = 0;
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  /** What `take` gave is written and its memory may be used again. */
  rewind(): void {
    if (!this.empty) return;
    this.#start = 0;
    this.#end = 0;
  }

  /** Writes one field; returns its size. */
  #field(field: WireMessage[number]): number {
    if (field === null) return this.#tag(Tag.Null);
    switch (typeof field) {
      case 'boolean':
        return this.#tag(field ? Tag.True : Tag.False);
      case 'number':
        return this.#number(field);
      case 'string':
        return this.#text(field);
      default:
        return field instanceof Uint8Array ? this.#bytes(Tag.Bytes, field) : this.#bytes(Tag.LongText, field[0]);
    }
  }

  #tag(tag: number): number {
    this.#reserve(1);
    this.#buffer[this.#end++] = tag;
    return 1;
  }

  #number(value: number): number {
    this.#reserve(9);
    if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) {
      this.#buffer[this.#end] = Tag.Uint32;
      this.#end = this.#buffer.writeUInt32LE(value, this.#end + 1);
      return 5;
    }
    this.#buffer[this.#end] = Tag.Number;
    this.#end = this.#buffer.writeDoubleLE(value, this.#end + 1);
    return 9;
  }

  #text(text: string): number {
    if (!text.isWellFormed()) return this.#bytes(Tag.RawText, Buffer.from(text, 'utf16le'));
    // UTF-8 needs at most three bytes for a UTF-16 unit; text that long comes as WireText or in a chunk of its own.
    if (text.length * 3 >= OWN_CHUNK_FROM) return this.#bytes(Tag.Text, Buffer.from(text, 'utf8'));
    this.#reserve(5 + text.length * 3);
    const written = this.#buffer.write(text, this.#end + 5, 'utf8');
    this.#buffer[this.#end] = Tag.Text;
    this.#buffer.writeUInt32LE(written, this.#end + 1);
    this.#end += 5 + written;
    return 5 + written;
  }

  #bytes(tag: number, bytes: Uint8Array): number {
    const own = bytes.byteLength >= OWN_CHUNK_FROM;
    this.#reserve(own ? 5 : 5 + bytes.byteLength);
    this.#buffer[this.#end] = tag;
    this.#end = this.#buffer.writeUInt32LE(bytes.byteLength, this.#end + 1);
    if (own) {
      this.#cutChunk();
      this.#chunks.push(bytes);
    } else {
      this.#buffer.set(bytes, this.#end);
      this.#end += bytes.byteLength;
    }
    return 5 + bytes.byteLength;
  }

  #cutChunk(): void {
    if (this.#end > this.#start) this.#chunks.push(this.#buffer.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** Makes room for `size` more bytes; what was written stays where it is, because it may be on its way out. */
  #reserve(size: number): void {
    if (this.#end + size <= this.#buffer.length) return;
    this.#cutChunk();
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(size, 64 * 1024));
    this.#start = 0;
    this.#end = 0;
  }
}

/** A peer that does not keep to the protocol: there is nothing to be done but to end it. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Takes bytes as they come and gives the messages in them. */
export class FrameReader {
  readonly #maxLength: number;
  readonly #onMessage: (message: WireMessage) => void;
  /** An incomplete frame (with its header, once that is complete), and how much of it is there. */
  #partial: Buffer | undefined;
  #have = 0;

  constructor(maxLength: number, onMessage: (message: WireMessage) => void) {
    this.#maxLength = maxLength;
    this.#onMessage = onMessage;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#partial !== undefined) {
        at += this.#continue(this.#partial, chunk, at);
        continue;
      }
      const left = chunk.length - at;
      if (left < HEADER) {
        this.#begin(HEADER, chunk, at);
        return;
      }
      const size = HEADER + this.#checked(chunk.readUInt32LE(at));
      if (left < size) {
        this.#begin(size, chunk, at);
        return;
      }
      this.#onMessage(decode(chunk, at + HEADER, at + size, false));
      at += size;
    }
  }

  #begin(size: number, chunk: Buffer, at: number): void {
    this.#partial = Buffer.allocUnsafeSlow(size);
    this.#have = chunk.copy(this.#partial, 0, at);
  }

  /** Adds to the incomplete frame; returns how many bytes were taken. */
  #continue(partial: Buffer, chunk: Buffer, at: number): number {
    const taken = chunk.copy(partial, this.#have, at);
    this.#have += taken;
    if (this.#have < partial.length) return taken;
    const size = HEADER + this.#checked(partial.readUInt32LE(0));
    if (partial.length < size) {
      // Only the header was there; now the frame's size is known.
      const whole = Buffer.allocUnsafeSlow(size);
      partial.copy(whole);
      this.#partial = whole;
      return taken;
    }
    this.#partial = undefined;
    this.#onMessage(decode(partial, HEADER, partial.length, true));
    return taken;
  }

  #checked(length: number): number {
    if (length <= this.#maxLength) return length;
    throw new FrameError(`a frame of ${length} bytes, more than the ${this.#maxLength} that any message may have`);
  }
}

/** `owned`: the buffer is this frame's alone, so that large contents need not be copied out of it. */
function decode(buffer: Buffer, start: number, end: number, owned: boolean): WireMessage {
  const fields: unknown[] = [];
  let at = start;
  while (at < end) {
    const tag = buffer[at++];
    if (at + fixedSize(tag) > end) throw new FrameError('a field that is longer than its frame');
    switch (tag) {
      case Tag.Null:
        fields.push(null);
        break;
      case Tag.False:
        fields.push(false);
        break;
      case Tag.True:
        fields.push(true);
        break;
      case Tag.Uint32:
        fields.push(buffer.readUInt32LE(at));
        at += 4;
        break;
      case Tag.Number:
        fields.push(buffer.readDoubleLE(at));
        at += 8;
        break;
      default: {
        const length = buffer.readUInt32LE(at);
        at += 4;
        if (at + length > end) throw new FrameError('a field that is longer than its frame');
        fields.push(content(tag, buffer, at, at + length, owned));
        at += length;
      }
    }
  }
  if (typeof fields[0] !== 'number') throw new FrameError('a frame that does not begin with the kind of its message');
  return fields as unknown as WireMessage;
}

/** Bytes that follow a tag whatever comes then: the number, or the length of the content. */
function fixedSize(tag: number | undefined): number {
  if (tag === Tag.Uint32) return 4;
  if (tag === Tag.Null || tag === Tag.False || tag === Tag.True) return 0;
  return tag === Tag.Number ? 8 : 4;
}

function content(tag: number | undefined, buffer: Buffer, start: number, end: number, owned: boolean): unknown {
  switch (tag) {
    case Tag.Text:
      return buffer.toString('utf8', start, end);
    case Tag.RawText:
      return buffer.toString('utf16le', start, end);
    case Tag.Bytes:
      return bytesOf(buffer, start, end, owned);
    case Tag.LongText:
      return [bytesOf(buffer, start, end, owned)];
    default:
      throw new FrameError(`a field of an unknown kind (${String(tag)})`);
  }
}

/**
 * The bytes, copied when they are small (they would keep the whole read buffer alive) and when the buffer is not
 * theirs; a view of at least half of an owned buffer is kept as it is. A copy has memory of its own: from Node's pool
 * of 64 KiB, all of it would be cloned when the message goes on to a thread.
 */
function bytesOf(buffer: Buffer, start: number, end: number, owned: boolean): Uint8Array {
  const view = buffer.subarray(start, end);
  return owned && view.length * 2 >= buffer.length ? view : new Uint8Array(view);
}
