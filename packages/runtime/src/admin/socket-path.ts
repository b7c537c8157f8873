/**
 * Where the admin socket of a data directory is: in it, or, where the path would be longer than a socket address takes, in
 * a private directory of the temporary one that is named after the data directory.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Bytes of `sun_path` that every system has (Linux 108, macOS 104), less the terminating zero. */
const LONGEST_PATH = 103;
const NAME = 'host.sock';

/**
 * Where it may be, the best place first: a host listens at the first that works (not every file system holds sockets), a
 * command looks at each. The same for everybody who names the directory, however he names it.
 */
export function adminSocketPaths(dataDir: string): string[] {
  const directory = realPath(dataDir);
  const name = `edgefc-${userId()}-${hash(directory)}`;
  const candidates = [join(directory, NAME), join(tmpdir(), name, NAME), join('/tmp', name, NAME)];
  return [...new Set(candidates)].filter((path) => Buffer.byteLength(path) <= LONGEST_PATH);
}

/**
 * Makes the private directory of the temporary one that a path is in, unless it is in the data directory.
 *
 * @throws Error when somebody else has made it: then the socket would be his
 */
export function prepareSocketDirectory(socket: string, dataDir: string): void {
  const directory = dirname(socket);
  if (directory === realPath(dataDir)) return;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!isPrivate(directory)) {
    throw new Error(`${directory} is not a private directory of this user; remove it`);
  }
}

/** Whether a command may trust what it finds at `socket`: nobody else can have put it there. */
export function isTrustedSocket(socket: string, dataDir: string): boolean {
  const directory = dirname(socket);
  return directory === realPath(dataDir) || isPrivate(directory);
}

/** Removes what {@link prepareSocketDirectory} made. */
export function removeSocketDirectory(socket: string, dataDir: string): void {
  const directory = dirname(socket);
  if (directory === realPath(dataDir)) return;
  try {
    rmdirSync(directory);
  } catch {
    // Somebody has put something there: it stays, and the next host finds it.
  }
}

function isPrivate(directory: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const uid = userId();
  return found.isDirectory() && (found.uid === uid || uid === 0) && (found.mode & 0o077) === 0;
}

/** Not of `os.userInfo()`, which throws where the user has no line in /etc/passwd, as in many a container. */
function userId(): number {
  return process.getuid?.() ?? -1;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

/** Without symbolic links where it exists; a directory that does not has no socket, whatever it is called. */
function realPath(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}
