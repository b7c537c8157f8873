/** Entry of an instance in a process of its own. File descriptor 3 is the wall; the boot is the first frame on it. */
import { pathToFileURL } from 'node:url';
import { runInstance } from './instance-main.ts';
import { SocketPort } from './socket-port.ts';

const WALL_FD = 3;

const port: SocketPort = new SocketPort(WALL_FD, (boot) => {
  void runInstance({ boot, home: pathToFileURL(__filename).href, port });
});
