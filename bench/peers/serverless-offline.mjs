/**
 * serverless-offline: AWS Lambda's Invoke over HTTP, as a Lambda function would call another with the AWS SDK. The
 * caller is a process beside it with keep-alive connections. Version 13 with serverless 3: version 4 of serverless
 * asks for a login. Payloads are JSON there, so a Buffer travels as base64.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHttpCaller, freePort, untilAnswered } from './http.mjs';
import { versionOf } from './version.mjs';

const SERVICE = fileURLToPath(new URL('./serverless-offline/', import.meta.url));
const INVOKE = '/2015-03-31/functions/bench-dev-echo/invocations';

/** @param {boolean} inProcess @returns {Promise<import('../contender.mjs').Contender>} */
async function start(inProcess) {
  const main = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
  const home = await mkdtemp(join(tmpdir(), 'bench-'));
  const [lambdaPort, httpPort, websocketPort] = [await freePort(), await freePort(), await freePort()];
  const child = spawn(
    process.execPath,
    [
      main,
      'offline',
      'start',
      `--lambdaPort=${lambdaPort}`,
      `--httpPort=${httpPort}`,
      `--websocketPort=${websocketPort}`,
      '--noSponsor',
      ...(inProcess ? ['--useInProcess'] : []),
    ],
    {
      cwd: SERVICE,
      stdio: ['ignore', 'ignore', 'ignore'],
      // A home of its own, so that it neither reads nor writes the user's; dummy keys, since it looks for some.
      env: {
        PATH: process.env.PATH,
        HOME: home,
        SLS_TELEMETRY_DISABLED: '1',
        SLS_NOTIFICATIONS_MODE: 'off',
        AWS_ACCESS_KEY_ID: 'none',
        AWS_SECRET_ACCESS_KEY: 'none',
      },
    },
  );
  const caller = createHttpCaller(`http://127.0.0.1:${lambdaPort}`);
  /** @param {string | Buffer} payload */
  const call = async (payload) => {
    const text = typeof payload === 'string';
    const event = JSON.stringify(text ? payload : payload.toString('base64'));
    const answer = JSON.parse(/** @type {string} */ (await caller.post(INVOKE, event, 'application/json')));
    return text ? answer : Buffer.from(answer, 'base64');
  };
  await untilAnswered(() => call('up?'), child);
  return {
    version: `${versionOf('serverless-offline')}, ${versionOf('serverless')}`,
    call,
    stop: async () => {
      await caller.close();
      child.kill('SIGKILL');
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** @type {Record<string, import('../contender.mjs').Start>} */
export const variants = { worker: () => start(false), 'in process': () => start(true) };
