/** Rows of the file as pieces of work. */
import type { SQLOutputValue } from 'node:sqlite';
import type { HistoryEntry, WorkHead } from '../engine/queue/tables.ts';
import type { WorkRecord } from '../engine/queue/work.ts';
import type { FunctionNames } from './function-names.ts';
import type { HeadRow, HistoryRow, ReadyRow, WorkRow } from './statements.ts';
import { APART, fromStored, fromStoredErrors, fromStoredKey, toState } from './values.ts';

/** Reads a payload that is kept apart from its row. */
export type ReadBody = (seq: number) => SQLOutputValue | undefined;

export function toRecord(row: WorkRow, names: FunctionNames, readBody: ReadBody): WorkRecord {
  const [seq, state, target, readyAt, position, dueAt, starts, failures, losses, size, acceptedAt, acceptedWall] = row;
  const [, , , , , , , , , , , , startedWall, endedAt, endedWall, caller, orderKey, maxAttempts, hops, chain] = row;
  const [payloadKind, resultKind, errors] = [row[20], row[21], row[23]];
  return {
    seq,
    state: toState(state),
    target: names.nameOf(target),
    readyAt,
    position,
    dueAt,
    starts,
    failures,
    losses,
    size,
    acceptedAt,
    acceptedWall,
    startedWall,
    endedAt,
    endedWall,
    caller: caller === null ? null : names.nameOf(caller),
    orderKey: orderKey === null ? null : fromStoredKey(orderKey),
    maxAttempts,
    hops,
    chain,
    errors: fromStoredErrors(errors),
    invokerContext: row[24],
    payload: toPayload(seq, payloadKind, row[25], readBody),
    result: fromStored(row[26], resultKind),
    resultCut: row[22] === 1,
  };
}

/** Of a row that waits, `target` of which is known. */
export function toReady(row: ReadyRow, target: string, names: FunctionNames, readBody: ReadBody): WorkRecord {
  const [seq, state, position, readyAt, dueAt, starts, failures, losses, size, acceptedAt, acceptedWall, caller] = row;
  const [, , , , , , , , , , , , orderKey, maxAttempts, hops, chain, payloadKind, errors, invokerContext, payload] =
    row;
  return {
    seq,
    state: toState(state),
    target,
    readyAt,
    position,
    dueAt,
    starts,
    failures,
    losses,
    size,
    acceptedAt,
    acceptedWall,
    startedWall: null,
    endedAt: null,
    endedWall: null,
    caller: caller === null ? null : names.nameOf(caller),
    orderKey: orderKey === null ? null : fromStoredKey(orderKey),
    maxAttempts,
    hops,
    chain,
    errors: fromStoredErrors(errors),
    invokerContext,
    payload: toPayload(seq, payloadKind, payload, readBody),
    result: null,
    resultCut: false,
  };
}

export function toHead(row: HeadRow, names: FunctionNames): WorkHead {
  const [seq, state, target, orderKey, readyAt, dueAt, starts, failures, losses, errors, startedWall, size] = row;
  return {
    seq,
    state: toState(state),
    target: names.nameOf(target),
    orderKey: orderKey === null ? null : fromStoredKey(orderKey),
    readyAt,
    dueAt,
    starts,
    failures,
    losses,
    errors: fromStoredErrors(errors),
    startedWall,
    size,
  };
}

export function toHistory(rows: readonly HistoryRow[]): HistoryEntry[] {
  return rows.map(([seq, state, endedAt, size]) => ({ seq, state: toState(state), endedAt, size }));
}

function toPayload(seq: number, kind: number, payload: SQLOutputValue, readBody: ReadBody): WorkRecord['payload'] {
  return kind >= APART ? fromStored(readBody(seq), kind - APART) : fromStored(payload, kind);
}
