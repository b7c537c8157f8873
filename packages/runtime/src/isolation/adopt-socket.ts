/**
 * The host's end of the wall: the socket that `spawn` made, read into one buffer again and again.
 *
 * `spawn` gives no say in how its sockets read, and they allocate 64 KiB for each read; with one buffer a call costs the
 * host about 6 % less processor time (64 in flight, three interleaved runs, 2026-11-22). So the socket's handle gets a
 * new owner, made with `onread`. The handle is Node's own business; where it is not found, the socket is used as it is.
 */
import { Socket, type SocketConstructorOpts } from 'node:net';
import { readInto } from '../wall/socket-inlet.ts';

interface Handle {
  readonly fd?: number;
}

export interface AdoptedSocket {
  readonly socket: Socket;
  /** Its file descriptor; -1 where there is none to be had. */
  readonly fd: number;
}

/** `made` is an element of `child.stdio`; a process that could not be started has none. */
export function adoptSocket(made: unknown, onChunk: (chunk: Buffer) => void): AdoptedSocket {
  if (!(made instanceof Socket)) return { socket: new Socket(), fd: -1 };
  const holder = made as unknown as { _handle: Handle | null };
  const handle = holder._handle;
  if (handle === null) {
    made.on('data', onChunk);
    return { socket: made, fd: -1 };
  }
  holder._handle = null;
  const options = { handle, onread: readInto({ push: onChunk }) };
  return { socket: new Socket(options as unknown as SocketConstructorOpts), fd: handle.fd ?? -1 };
}
