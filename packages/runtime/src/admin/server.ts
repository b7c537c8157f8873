/**
 * The admin socket of a running host: how the command line reaches it.
 *
 * Only this user may connect (mode 0600 from the first instant on). The holder of the data directory's lock is the only one
 * who listens there, so a socket that is found was left by a host that was killed.
 */
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { Connection } from './connection.ts';
import type { OperationParts } from './operations.ts';
import { lineLimit } from './protocol.ts';
import { adminSocketPaths, prepareSocketDirectory, removeSocketDirectory } from './socket-path.ts';

/** Clients at once; further ones are turned away, and their command says that the host does not answer. */
const MOST_CLIENTS = 64;
/** ms that clients have to take their last answers. */
const LAST_ANSWERS = 500;

export interface AdminServer {
  /** Where it listens. */
  readonly path: string;
  /**
   * Takes no new client; those that are there go on, and still get answers. The socket is gone when this returns: to be
   * called while the data directory's lock is held, else it might be the next host's.
   */
  stopListening(): void;
  /** Lets go of the clients that are left; what they wait for was answered before, or never is. */
  close(): Promise<void>;
}

/** @throws Error when there is no place where the socket can be made */
export async function startAdminServer(parts: OperationParts): Promise<AdminServer> {
  const { settings } = parts.host.definition;
  const longestRequest = lineLimit(Math.max(settings.maxSyncPayload, settings.maxAsyncPayload));
  const connections = new Set<Connection>();
  let closing = false;
  const server = createServer((socket) => {
    const connection = new Connection({
      socket,
      parts,
      longestRequest,
      onClosed: (closed) => connections.delete(closed),
    });
    connections.add(connection);
    if (closing) connection.destroy();
  });
  server.maxConnections = MOST_CLIENTS;
  const path = await listenSomewhere(server, settings.dataDir);
  // A client that cannot be accepted (no descriptor is free) is that client's misfortune.
  server.on('error', () => undefined);
  let closed: Promise<unknown> | undefined;

  function stopListening(): Promise<unknown> {
    if (closed === undefined) {
      closed = once(server, 'close');
      server.close();
      removeSocketDirectory(path, settings.dataDir);
    }
    return closed;
  }

  return {
    path,
    stopListening() {
      void stopListening();
    },
    async close() {
      closing = true;
      for (const connection of connections) connection.close();
      const { clock } = parts;
      // One that does not read its last answer does not keep the host.
      const timer = clock.setTimeout(() => {
        for (const connection of connections) connection.destroy();
      }, LAST_ANSWERS);
      await stopListening();
      clock.clearTimeout(timer);
    },
  };
}

/** At the first place that works; the path. */
async function listenSomewhere(server: Server, dataDir: string): Promise<string> {
  const paths = adminSocketPaths(dataDir);
  const failures: string[] = [];
  for (const path of paths) {
    try {
      prepareSocketDirectory(path, dataDir);
      rmSync(path, { force: true });
      await listen(server, path);
      return path;
    } catch (error) {
      failures.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`the admin socket cannot be made (${failures.join('; ')})`);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      server.off('listening', onListening);
      reject(error);
    };
    const onListening = (): void => {
      server.off('error', onError);
      resolve();
    };
    server.once('error', onError);
    server.once('listening', onListening);
    // The socket is made within this call: at no instant may anybody else connect.
    const before = process.umask(0o177);
    try {
      server.listen({ path });
    } finally {
      process.umask(before);
    }
  });
}
