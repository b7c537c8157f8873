/**
 * Who is measured, and against which raw round trip. Each runs in a process of its own (contender.mjs).
 */

/**
 * @typedef {object} Entry
 * @property {string} id        for `--only`, and in the tables
 * @property {string} file      peers/<file>.mjs
 * @property {string} variant
 * @property {'thread' | 'process'} unit   the raw round trip it is compared with
 * @property {boolean} quick    part of the quick run
 * @property {boolean} [clientApart]  its process is only the caller; what it started is the peer
 * @property {(one: import('./cases.mjs').Case) => boolean} takes
 */

const all = () => true;

/** @type {readonly Entry[]} */
export const CONTENDERS = [
  { id: 'raw MessagePort', file: 'raw-message-port', variant: 'clone', unit: 'thread', quick: true, takes: all },
  {
    id: 'raw MessagePort, copied + transferred',
    file: 'raw-message-port',
    variant: 'transfer',
    unit: 'thread',
    quick: true,
    takes: ({ kind }) => kind === 'buffer',
  },
  {
    id: 'raw Unix socket',
    file: 'raw-unix-socket',
    variant: 'frames',
    unit: 'process',
    quick: true,
    takes: all,
    clientApart: true,
  },
  { id: 'edgefc thread', file: 'edgefc', variant: 'thread', unit: 'thread', quick: true, takes: all },
  { id: 'edgefc process', file: 'edgefc', variant: 'process', unit: 'process', quick: true, takes: all },
  { id: 'piscina, default', file: 'piscina', variant: 'default', unit: 'thread', quick: false, takes: all },
  { id: 'piscina, tuned', file: 'piscina', variant: 'tuned', unit: 'thread', quick: true, takes: all },
  { id: 'tinypool', file: 'tinypool', variant: 'tuned', unit: 'thread', quick: false, takes: all },
  { id: 'workerd RPC', file: 'miniflare', variant: 'rpc', unit: 'thread', quick: true, takes: all },
  { id: 'workerd fetch', file: 'miniflare', variant: 'fetch', unit: 'thread', quick: false, takes: all },
  { id: 'moleculer, same process', file: 'moleculer', variant: 'local', unit: 'thread', quick: false, takes: all },
  {
    id: 'moleculer, TCP',
    file: 'moleculer',
    variant: 'tcp',
    unit: 'process',
    quick: false,
    takes: all,
    clientApart: true,
  },
  {
    id: 'functions-framework',
    file: 'functions-framework',
    variant: 'http',
    unit: 'process',
    quick: true,
    takes: all,
    clientApart: true,
  },
  {
    id: 'serverless-offline, worker',
    file: 'serverless-offline',
    variant: 'worker',
    unit: 'process',
    quick: false,
    takes: all,
    clientApart: true,
  },
  {
    id: 'serverless-offline, in process',
    file: 'serverless-offline',
    variant: 'in process',
    unit: 'process',
    quick: false,
    takes: all,
    clientApart: true,
  },
];

/**
 * The raw round trip that a contender's figure is divided by. A large Buffer between threads is compared with the
 * copy that is transferred: that is what a host must do that may not take the caller's bytes away.
 *
 * @param {Entry} entry
 * @param {import('./cases.mjs').Case} one
 * @returns {string} id of a contender
 */
export function unitOf(entry, one) {
  if (entry.unit === 'process') return 'raw Unix socket';
  return one.kind === 'buffer' ? 'raw MessagePort, copied + transferred' : 'raw MessagePort';
}
