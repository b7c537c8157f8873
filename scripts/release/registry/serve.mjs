/**
 * The registry's process: started with the path of a verdaccio configuration (JSON), it listens on a free port of the loopback
 * interface, tells its parent which, and ends with it.
 */
import { readFileSync } from 'node:fs';
import { runServer } from 'verdaccio';

const server = await runServer(JSON.parse(readFileSync(process.argv[2], 'utf8')));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit(0));
