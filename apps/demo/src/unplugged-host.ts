/**
 * The host whose plug is pulled (pull-plug.ts), in a process of its own: has Invoker make one call, tells what happens,
 * sends Invoker's answer to the demo, and goes on until it is killed.
 *
 *     node unplugged-host.ts <data directory> <call>
 */
import { askInvoker } from './ask-invoker.ts';
import { openHost } from './open-host.ts';
import { Story } from './story.ts';
import { createStyle } from './style.ts';

const [dataDir, call] = process.argv.slice(2);
if (dataDir === undefined || call === undefined || process.send === undefined) {
  throw new Error('unplugged-host.ts is started by the demo, with a data directory and a call');
}
// The demo itself is gone: nobody else would end this.
process.once('disconnect', () => process.exit());
process.stdout.on('error', () => {
  // Nobody reads on; the demo has noticed as well, and ends this.
});

const host = await openHost(dataDir);
new Story((line) => process.stdout.write(`${line}\n`), createStyle(process.stdout)).listen(host.events);
await host.start();
process.send(await askInvoker(host, call));
