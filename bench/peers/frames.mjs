/**
 * The least framing that can carry calls: length, id and kind before each payload. Small frames of one tick leave in
 * one write; a large Buffer is written from where it lies.
 */

/** Bytes before a payload: length (4), id (4), kind (1: text, 0: bytes). */
const HEAD = 9;
/** Bytes up to which copying into the shared write is cheaper than a write of its own. */
const COPY_UP_TO = 16 * 1024;
/** Bytes of one block that small frames are gathered in. */
const BLOCK = 64 * 1024;

/**
 * @param {import('node:net').Socket} socket
 * @returns {(id: number, payload: string | Uint8Array) => void}
 */
export function createFrameWriter(socket) {
  // One block serves many writes: what is behind `start` is on its way and is not touched again.
  let block = Buffer.allocUnsafe(BLOCK);
  let start = 0;
  let used = 0;
  let scheduled = false;

  const flush = () => {
    if (used > start) socket.write(block.subarray(start, used));
    start = used;
  };
  const flushLater = () => {
    scheduled = false;
    flush();
  };

  return (id, payload) => {
    const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
    const small = length <= COPY_UP_TO;
    if (used + HEAD + (small ? length : 0) > BLOCK) {
      flush();
      block = Buffer.allocUnsafe(BLOCK);
      start = used = 0;
    }
    block.writeUInt32LE(length, used);
    block.writeUInt32LE(id, used + 4);
    block[used + 8] = typeof payload === 'string' ? 1 : 0;
    used += HEAD;
    if (small) {
      if (typeof payload === 'string') block.write(payload, used);
      else block.set(payload, used);
      used += length;
      if (!scheduled) {
        scheduled = true;
        queueMicrotask(flushLater);
      }
      return;
    }
    socket.cork();
    flush();
    socket.write(payload);
    socket.uncork();
  };
}

/**
 * @param {(id: number, payload: string | Buffer) => void} onFrame
 * @returns {(chunk: Buffer) => void}
 */
export function createFrameReader(onFrame) {
  /** @type {Buffer[]} */
  let parts = [];
  let have = 0;
  let need = HEAD;

  return (chunk) => {
    parts.push(chunk);
    have += chunk.length;
    if (have < need) return;
    const data = parts.length === 1 ? chunk : Buffer.concat(parts, have);
    let at = 0;
    need = HEAD;
    while (data.length - at >= HEAD) {
      const length = data.readUInt32LE(at);
      need = HEAD + length;
      if (data.length - at < need) break;
      const body = data.subarray(at + HEAD, at + need);
      onFrame(data.readUInt32LE(at + 4), data[at + 8] === 1 ? body.toString() : body);
      at += need;
      need = HEAD;
    }
    parts = at < data.length ? [data.subarray(at)] : [];
    have = data.length - at;
  };
}
