/**
 * What the command line and a running host say to each other over the admin socket: one JSON object a line, in both
 * directions, every type of it here.
 *
 * Each request has a number; any number of `log` lines may come for it, then exactly one answer: `value`, or `refused`. Several
 * requests may be open at once. Bytes travel as `{ "base64": … }`, text as `{ "text": … }`, as in a status of the SDK.
 */
import type { EncodedStatus, ErrorCode } from '@edgefc/sdk/internal';
import type { DeadLetterFilter, InvocationFilter } from '../engine/async-api.ts';
import type { LogEvent } from '../engine/events.ts';
import type { NestedCalls } from '../engine/queue/nested-call.ts';
import type { HostStatus } from './status.ts';

/** Host and command of different versions refuse each other in words. */
export const ADMIN_VERSION = 1;

/** A payload in JSON. */
export type JsonBytes = { readonly text: string } | { readonly base64: string };

/** A HostInvocation without what cannot travel. */
export interface InvokeArgs {
  readonly target: string;
  readonly type: 'Sync' | 'Async';
  readonly payload: JsonBytes | null;
  readonly invokerContext?: string;
  readonly timeout?: number;
  readonly delay?: number;
  readonly dedupeKey?: string;
  readonly orderKey?: string;
  readonly maxRetries?: number;
}

export interface ByIdArgs {
  readonly id: string;
  readonly target?: string;
}

export interface StopBegun {
  readonly pid: number;
  /** ms that running work has to end. */
  readonly gracePeriod: number;
}

/** Every operation: what it takes, and what its answer holds. */
export interface AdminOps {
  status: { args: Record<string, never>; value: HostStatus };
  /** Answered when the stop has begun; the end of the connection is the end of the host. */
  stop: { args: { readonly gracePeriod?: number }; value: StopBegun };
  invoke: { args: InvokeArgs; value: InvokeValue };
  'async.get': { args: ByIdArgs; value: DetailsJson };
  'async.wait': { args: ByIdArgs & { readonly timeout: number }; value: EncodedStatus };
  'async.stop': { args: ByIdArgs; value: EncodedStatus };
  'async.list': { args: InvocationFilter; value: readonly EncodedStatus[] };
  'dead-letters.redrive': { args: DeadLetterFilter; value: number };
  'dead-letters.purge': { args: DeadLetterFilter; value: number };
  /** Takes another request of this connection back; it is still answered. */
  cancel: { args: { readonly request: number }; value: null };
}

export type AdminOp = keyof AdminOps;

export interface DetailsJson {
  readonly status: EncodedStatus;
  readonly payload: JsonBytes | null;
  readonly invokerContext: string | null;
  /** Not of a host from before there was this. */
  readonly calls?: NestedCalls | null;
}

export type InvokeValue =
  | {
      readonly kind: 'answered';
      readonly payload: JsonBytes;
      readonly functionError: 'Handled' | 'Unhandled' | null;
      readonly requestId: string;
    }
  | { readonly kind: 'accepted'; readonly id: string; readonly deduplicated: boolean };

export interface AdminRequest<Op extends AdminOp = AdminOp> {
  readonly v: number;
  readonly id: number;
  readonly op: Op;
  readonly args: AdminOps[Op]['args'];
}

export interface RefusalJson {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

/** `id` is null when the request could not be read; the connection ends after that. */
export type AdminMessage =
  | { readonly v: number; readonly id: number; readonly log: LogEvent }
  | { readonly v: number; readonly id: number; readonly value: unknown }
  | { readonly v: number; readonly id: number | null; readonly refused: RefusalJson };

export function encodeBytes(payload: string | Uint8Array): JsonBytes {
  if (typeof payload === 'string') return { text: payload };
  return { base64: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('base64') };
}

export function decodeBytes(json: JsonBytes): string | Buffer {
  return 'text' in json ? json.text : Buffer.from(json.base64, 'base64');
}

/** Bytes of JSON that a payload of `size` bytes takes at most, in base64 and with everything around it. */
export function lineLimit(size: number): number {
  return Math.ceil(size / 3) * 4 + 1024 * 1024;
}
