/**
 * What the platform calls its asynchronous resources, in plain words; and when each of them is over.
 *
 * - A `request` is over when its callback has run: reading a file, connecting, hashing.
 * - A `handle` is there until it is closed, and is waited for while it keeps the process alive (`hasRef`): a connection
 *   in use, a child process. An idle connection that is kept for later has let go of the process.
 * - A `stream` of zlib is a handle that says itself whether it has something to do.
 * - An `exchange` is over when the platform says so: an HTTP request.
 *
 * What only listens (servers, watchers, signals) can bring something at any time or never, and is not waited for;
 * neither are the connections that a server accepts, which wait for whoever called.
 */
export type WorkType = 'request' | 'handle' | 'stream' | 'exchange';

export interface WorkKind {
  readonly words: string;
  readonly type: WorkType;
}

const request = (words: string): WorkKind => ({ words, type: 'request' });
const handle = (words: string): WorkKind => ({ words, type: 'handle' });

const KINDS: ReadonlyMap<string, WorkKind> = new Map([
  ['FSREQCALLBACK', request('a file operation')],
  ['FSREQPROMISE', request('a file operation')],
  ['FILEHANDLECLOSEREQ', request('the closing of a file')],
  ['GETADDRINFOREQWRAP', request('the look-up of a host name')],
  ['GETNAMEINFOREQWRAP', request('the look-up of an address')],
  ['QUERYWRAP', request('a DNS query')],
  ['TCPCONNECTWRAP', request('the opening of a TCP connection')],
  ['PIPECONNECTWRAP', request('the opening of a local socket')],
  ['WRITEWRAP', request('a write to a socket')],
  ['SHUTDOWNWRAP', request('the end of a socket')],
  ['UDPSENDWRAP', request('the sending of a datagram')],
  ['TCPWRAP', handle('a TCP connection')],
  ['PIPEWRAP', handle('a local socket or pipe')],
  ['UDPWRAP', handle('a UDP socket')],
  ['PROCESSWRAP', handle('a child process')],
  ['WORKER', handle('a worker thread')],
  ['ZLIB', { words: 'compression', type: 'stream' }],
  ['HTTPCLIENTREQUEST', { words: 'an HTTP request', type: 'exchange' }],
  ['Immediate', request('an immediate')],
]);

/** What is nobody's work, or only listens, or is told in another way. */
const NOT_WAITED_FOR: ReadonlySet<string> = new Set([
  'PROMISE',
  'Microtask',
  'TickObject',
  'Timeout',
  'MESSAGEPORT',
  'MessagePort',
  'TCPSERVERWRAP',
  'PIPESERVERWRAP',
  'HTTPINCOMINGMESSAGE',
  'TLSWRAP',
  'JSSTREAM',
  'FILEHANDLE',
  'FSEVENTWRAP',
  'STATWATCHER',
  'SIGNALWRAP',
  'TTYWRAP',
  'STREAMPIPE',
  'DNSCHANNEL',
  'BLOBREADER',
  'HTTP2SESSION',
  'HTTP2STREAM',
  'HTTP2PING',
  'HTTP2SETTINGS',
  'ELDHISTOGRAM',
  'PERFORMANCEOBSERVER',
  'INSPECTORJSBINDING',
  'WASISTREAMPIPE',
]);

/** `native`: whether the platform or an addon made it, not JavaScript code through AsyncResource. */
export function toWorkKind(type: string, native: boolean): WorkKind | undefined {
  const known = KINDS.get(type);
  if (known !== undefined) return known;
  if (!native || NOT_WAITED_FOR.has(type)) return undefined;
  // PBKDF2REQUEST, KEYPAIRGENREQUEST, HASHREQUEST, …: work in the thread pool. The rest are addons, by their own names.
  return /REQUEST$/.test(type) ? request(`cryptography (${type})`) : request(`work of a native addon (${type})`);
}
