/**
 * Google's functions-framework: one function in one process behind HTTP. The caller is a process beside it with a
 * keep-alive pool of 64 connections (undici).
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHttpCaller, freePort, untilAnswered } from './http.mjs';
import { versionOf } from './version.mjs';

const SOURCE = fileURLToPath(new URL('./functions-framework.function.cjs', import.meta.url));

/** @returns {Promise<import('../contender.mjs').Contender>} */
async function start() {
  const require = createRequire(import.meta.url);
  const main = join(dirname(require.resolve('@google-cloud/functions-framework')), 'main.js');
  const port = await freePort();
  const child = spawn(process.execPath, [main, '--target=echo', `--source=${SOURCE}`, `--port=${port}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const caller = createHttpCaller(`http://127.0.0.1:${port}`);
  await untilAnswered(() => caller.post('/', 'up?'), child);
  return {
    version: versionOf('@google-cloud/functions-framework'),
    call: (payload) => caller.post('/', payload),
    stop: async () => {
      await caller.close();
      child.kill();
    },
  };
}

/** @type {Record<string, import('../contender.mjs').Start>} */
export const variants = { http: start };
