/** A tuned HTTP client for the peers that speak HTTP: 64 keep-alive connections, no redirects, no interceptors. */
import { setTimeout as pause } from 'node:timers/promises';
import { createServer } from 'node:net';
import { Pool } from 'undici';

/** @param {string} origin */
export function createHttpCaller(origin) {
  const pool = new Pool(origin, { connections: 64, pipelining: 1, keepAliveTimeout: 60_000 });
  return {
    /** @param {string} path @param {string | Buffer} body @param {string} [type] */
    async post(path, body, type) {
      const text = typeof body === 'string';
      const { statusCode, body: answer } = await pool.request({
        path,
        method: 'POST',
        body,
        headers: { 'content-type': type ?? (text ? 'text/plain' : 'application/octet-stream') },
      });
      const bytes = text ? await answer.text() : await answer.bytes();
      if (statusCode !== 200) throw new Error(`HTTP ${statusCode}: ${String(bytes).slice(0, 200)}`);
      return bytes;
    },
    close: () => pool.destroy(),
  };
}

/** A TCP port that is free now. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * Asks every 5 ms until the server answers, so that its start is known to that precision.
 *
 * @param {() => Promise<unknown>} ask
 * @param {import('node:child_process').ChildProcess} child
 */
export async function untilAnswered(ask, child) {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`, { cause: error });
      if (performance.now() > deadline) throw new Error('the server did not answer within 30 s', { cause: error });
    }
    await pause(5);
  }
}
