/**
 * moleculer: an action called in the same process (no wall at all), and over its TCP transporter to another process.
 * Tuned: no logger, no validator, no metrics, and CBOR on the wire, because its JSON would turn bytes into text.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import { freePort } from './http.mjs';
import { versionOf } from './version.mjs';

const { ServiceBroker } = createRequire(import.meta.url)('moleculer');
const NODE = fileURLToPath(new URL('./moleculer.node.mjs', import.meta.url));

/** @param {string} nodeID @param {{ own: number, callee: number }} ports */
export function tcpOptions(nodeID, ports) {
  return {
    ...LOCAL,
    nodeID,
    serializer: 'CBOR',
    transporter: {
      type: 'TCP',
      options: {
        udpDiscovery: false,
        port: nodeID === 'caller' ? ports.own : ports.callee,
        urls: [`127.0.0.1:${ports.own}/caller`, `127.0.0.1:${ports.callee}/callee`],
        maxPacketSize: 64 * 1024 * 1024,
      },
    },
  };
}

const LOCAL = { logger: false, validator: false, metrics: false, tracing: false, requestTimeout: 0 };

export const ECHO = {
  name: 'bench',
  actions: {
    /** @param {{ params: { payload: string | Uint8Array } }} context */
    echo: (context) => context.params.payload,
  },
};

/** @type {Record<string, import('../contender.mjs').Start>} */
export const variants = {
  local: async () => {
    const broker = new ServiceBroker(LOCAL);
    broker.createService(ECHO);
    await broker.start();
    return {
      version: versionOf('moleculer'),
      call: (payload) => broker.call('bench.echo', { payload }),
      stop: () => broker.stop(),
    };
  },
  tcp: async () => {
    const ports = { own: await freePort(), callee: await freePort() };
    const child = spawn(process.execPath, [NODE, String(ports.own), String(ports.callee)], { stdio: 'inherit' });
    const broker = new ServiceBroker(tcpOptions('caller', ports));
    await broker.start();
    await broker.waitForServices('bench', 30_000, 5);
    return {
      version: `${versionOf('moleculer')}, ${versionOf('cbor-x')}`,
      call: (payload) => broker.call('bench.echo', { payload }),
      stop: async () => {
        await broker.stop();
        child.kill();
      },
    };
  },
};
