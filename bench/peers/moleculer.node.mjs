/** The other process of moleculer over TCP: offers the echo action. */
import { createRequire } from 'node:module';
import { ECHO, tcpOptions } from './moleculer.mjs';

const { ServiceBroker } = createRequire(import.meta.url)('moleculer');
const [own = 0, callee = 0] = process.argv.slice(2).map(Number);
const broker = new ServiceBroker(tcpOptions('callee', { own, callee }));
broker.createService(ECHO);
await broker.start();
