/**
 * Entry of an instance in a worker thread.
 *
 * The host's port comes as worker data, not as `parentPort`: the function never sees it (I8).
 */
import { pathToFileURL } from 'node:url';
import { workerData, type MessagePort } from 'node:worker_threads';
import type { InstanceBoot } from '../engine/protocol.ts';
import { runInstance } from './instance-main.ts';
import { ThreadPort } from './thread-port.ts';

interface ThreadData {
  readonly boot: InstanceBoot;
  readonly port: MessagePort;
}

const { boot, port } = workerData as ThreadData;

void runInstance({ boot, home: pathToFileURL(__filename).href, port: new ThreadPort(port) });
