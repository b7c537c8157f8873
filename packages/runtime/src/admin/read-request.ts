/** Reads a request: whoever connects is this user, and may still be another version or a person with `socat`. */
import * as z from 'zod/mini';
import { ADMIN_VERSION, type AdminOp, type AdminRequest, type RefusalJson } from './protocol.ts';

const bytes = z.union([z.strictObject({ text: z.string() }), z.strictObject({ base64: z.string() })]);
const ms = z.number().check(z.minimum(0));
const text = z.exactOptional(z.string());
const byId = z.strictObject({ id: z.string(), target: text });
const deadLetters = z.strictObject({ id: text, function: text });
const states = z.enum(['Enqueued', 'Running', 'Retrying', 'Succeeded', 'Failed', 'Expired', 'Stopped']);

/** What each operation takes; a key that is not known is an error, because something was meant by it. */
const ARGS = {
  status: z.strictObject({}),
  stop: z.strictObject({ gracePeriod: z.exactOptional(ms) }),
  invoke: z.strictObject({
    target: z.string(),
    type: z.enum(['Sync', 'Async']),
    payload: z.nullable(bytes),
    invokerContext: text,
    // Their ranges are checked by the host, as for every other caller.
    timeout: z.exactOptional(z.number()),
    delay: z.exactOptional(z.number()),
    dedupeKey: text,
    orderKey: text,
    maxRetries: z.exactOptional(z.number()),
  }),
  'async.get': byId,
  'async.wait': z.strictObject({ id: z.string(), target: text, timeout: ms }),
  'async.stop': byId,
  'async.list': z.strictObject({
    function: text,
    states: z.exactOptional(z.array(states)),
    before: text,
    limit: z.exactOptional(z.number()),
  }),
  'dead-letters.redrive': deadLetters,
  'dead-letters.purge': deadLetters,
  cancel: z.strictObject({ request: z.number() }),
} satisfies { [Op in AdminOp]: z.ZodMiniType };

const envelope = z.object({ v: z.number(), id: z.number(), op: z.string(), args: z.unknown() });

/** A request of any operation, with the arguments of that one. */
export type AnyRequest = { [Op in AdminOp]: AdminRequest<Op> }[AdminOp];

/** The request in a line, or why it is none; `id` null: nobody can be told which one. */
export function readRequest(
  line: string,
): { readonly request: AnyRequest } | { readonly id: number | null; readonly refused: RefusalJson } {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { id: null, refused: invalid(`a request is one line of JSON; this one is not: ${why}`) };
  }
  const read = envelope.safeParse(json);
  if (!read.success) {
    return { id: null, refused: invalid(`a request is { v, id, op, args }; ${whatIsWrong(read.error)}`) };
  }
  const { v, id, op, args } = read.data;
  if (v !== ADMIN_VERSION) {
    const message =
      `the host speaks version ${ADMIN_VERSION} of the admin protocol, the command version ${v}; ` +
      'use the edgefc command that the host was started with, or start the host anew';
    return { id, refused: invalid(message) };
  }
  if (!isOp(op)) {
    return { id, refused: invalid(`the operation "${op}" does not exist; there are ${Object.keys(ARGS).join(', ')}`) };
  }
  const checked = ARGS[op].safeParse(args);
  if (!checked.success) return { id, refused: invalid(`the arguments of ${op}: ${whatIsWrong(checked.error)}`) };
  // The schema of `op` has just read them; the compiler does not connect the two unions.
  const request = { v, id, op, args: checked.data };
  return { request: request as AnyRequest };
}

function isOp(name: string): name is AdminOp {
  return Object.hasOwn(ARGS, name);
}

function whatIsWrong(error: z.core.$ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}

function invalid(message: string): RefusalJson {
  return { code: 'InvalidArgument', message, retryable: false };
}
