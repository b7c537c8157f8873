/**
 * The unit for processes: a call to a child process over one Unix socket with length-prefixed frames, writes of one
 * tick coalesced, and nothing else.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFrameReader, createFrameWriter } from './frames.mjs';

const ECHO = fileURLToPath(new URL('./raw-unix-socket.child.mjs', import.meta.url));

/** @returns {Promise<import('../contender.mjs').Contender>} */
export async function startUnixSocket() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const path = join(folder, 's');
  const server = createServer().listen(path);
  const connected = new Promise((resolve) => server.once('connection', resolve));
  const child = spawn(process.execPath, [ECHO, path], { stdio: 'inherit' });
  const socket = /** @type {import('node:net').Socket} */ (await connected);

  /** @type {Map<number, (answer: unknown) => void>} */
  const waiting = new Map();
  let last = 0;
  const write = createFrameWriter(socket);
  socket.on(
    'data',
    createFrameReader((id, answer) => {
      const settle = waiting.get(id);
      waiting.delete(id);
      settle?.(answer);
    }),
  );
  return {
    version: `Node ${process.versions.node}`,
    call: (payload) =>
      new Promise((resolve) => {
        const id = ++last;
        waiting.set(id, resolve);
        write(id, payload);
      }),
    stop: async () => {
      child.kill();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** @type {Record<string, import('../contender.mjs').Start>} */
export const variants = { frames: startUnixSocket };
