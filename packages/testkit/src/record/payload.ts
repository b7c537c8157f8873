/** A payload in the record: kept as it was sent, read as text, JSON or bytes when somebody asks. */
import { asBuffer, asText } from '@edgefc/sdk/internal';
import { copyWire, fromWire, type WireBytes } from '@edgefc/runtime/testing';

/** What carried a payload. */
export class WithPayload {
  /** As it was sent: text stays text, bytes stay bytes; nothing is the empty text. */
  readonly payload: string | Buffer;

  constructor(payload: WireBytes) {
    // A copy: the engine hands bytes on, and whoever gets them may change them or take them away.
    this.payload = payload === null ? '' : fromWire(copyWire(payload));
  }

  /** The payload as text. */
  get text(): string {
    return asText(this.payload);
  }

  /** The payload as a JSON value; undefined: it is none. */
  get json(): unknown {
    try {
      return JSON.parse(this.text) as unknown;
    } catch {
      return undefined; // It is none.
    }
  }

  /** The payload as bytes. */
  get bytes(): Buffer {
    return typeof this.payload === 'string' ? Buffer.from(this.payload) : asBuffer(this.payload);
  }
}
