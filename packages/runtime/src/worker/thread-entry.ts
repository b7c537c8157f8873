/**
 * Entry of an instance in a worker thread.
 *
 * The host's port comes as worker data, not as `parentPort`, and is taken out of it: the function never sees it (I8).
 */
import { pathToFileURL } from 'node:url';
import { workerData, type MessagePort } from 'node:worker_threads';
import type { InstanceBoot } from '../engine/protocol.ts';
import { runInstance } from './instance-main.ts';
import { ThreadPort } from './thread-port.ts';

interface ThreadData {
  readonly boot: InstanceBoot;
  port?: MessagePort;
}

const data = workerData as ThreadData;
const { boot, port } = data;
delete data.port;
if (port === undefined) throw new Error('edgefc: an instance without its port; this is a bug');

void runInstance({ boot, home: pathToFileURL(__filename).href, port: new ThreadPort(port) });
